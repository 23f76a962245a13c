// Answers of the query services as XML. A list is written as `<item>`s, as EC2 does; null leaves its element out.

export type XmlValue = string | number | boolean | null | readonly XmlValue[] | { readonly [name: string]: XmlValue }

export function toXml(name: string, value: XmlValue): string {
  if (value === null) return ''
  if (isList(value)) return `<${name}>${value.map(item => toXml('item', item)).join('')}</${name}>`
  if (typeof value === 'object') {
    return `<${name}>${Object.entries(value)
      .map(([member, inner]) => toXml(member, inner))
      .join('')}</${name}>`
  }
  return `<${name}>${escapeXml(String(value))}</${name}>`
}

const isList = (value: XmlValue): value is readonly XmlValue[] => Array.isArray(value)

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
}

/** As EC2 writes times. */
export function xmlTime(ms: number): string {
  return new Date(ms).toISOString()
}

export function tagSet(tags: Readonly<Record<string, string>>): XmlValue {
  return Object.entries(tags).map(([key, value]) => ({ key, value }))
}
