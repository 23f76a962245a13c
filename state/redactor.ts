// Takes secrets out of a stream of bytes by their value, also where a program printed them encoded, and also where a piece
// ends in the middle of one.

const replacement = Buffer.from('[secret]', 'latin1')

/** Encoded forms of shorter secrets would be found everywhere. */
const encodedFrom = 6
/** A line of a secret with several lines (a private key) is looked for alone from this length on. */
const lineFrom = 16

export interface Redactor {
  /** What is safe to pass on; the last bytes are held back while they may begin a secret. */
  push(piece: Uint8Array): Uint8Array
  /** The rest. */
  end(): Uint8Array
}

export function redactor(secrets: readonly string[]): Redactor {
  const search = prepareSearch(new Set(secrets.flatMap(forms)))
  if (search.longest === 0) return { push: piece => piece, end: () => new Uint8Array() }
  let held: Uint8Array = new Uint8Array()
  const pass = (bytes: Uint8Array, found: readonly Span[], safe: number): Uint8Array => {
    const out: Uint8Array[] = []
    let done = 0
    for (const [start, end] of found) {
      if (start >= safe) break
      out.push(bytes.subarray(done, start), replacement)
      done = end
    }
    const upTo = Math.max(done, safe)
    out.push(bytes.subarray(done, upTo))
    held = Uint8Array.from(bytes.subarray(upTo))
    return Buffer.concat(out)
  }
  return {
    push(piece) {
      const bytes = held.length === 0 ? piece : Buffer.concat([held, piece])
      const safe = Math.max(0, bytes.length - search.longest + 1)
      const found = spans(search, bytes, safe)
      // A span that reaches into the part held back may overlap one that begins there: hold back from the span's begin.
      const last = found.at(-1)
      return pass(bytes, found, last && last[1] > safe ? last[0] : safe)
    },
    end: () => pass(held, spans(search, held, held.length), held.length),
  }
}

/** Everything at once. */
export function redact(secrets: readonly string[], bytes: Uint8Array): Uint8Array {
  const stream = redactor(secrets)
  return Buffer.concat([stream.push(bytes), stream.end()])
}

type Span = [start: number, end: number]

interface Search {
  /** Length of the longest pattern of all. */
  longest: number
  /** What may stand where these four bytes do (big endian), longest first; null: nothing. */
  startingWith(key: number): readonly Uint8Array[] | null
  /** Patterns shorter than that, longest first. */
  short: readonly Uint8Array[]
}

/** So many first bytes are looked up before anything is compared. */
const keyBytes = 4

/**
 * Patterns by their first bytes. A regular expression of all of them finds the same, but three private keys or a thousand
 * tokens take it more than two seconds to prepare, in the thread that watches the fleet.
 */
function prepareSearch(forms: ReadonlySet<string>): Search {
  const patterns = [...forms]
    .filter(form => form !== '')
    .map(form => Buffer.from(form, 'latin1'))
    .sort((a, b) => b.length - a.length)
  // Most places of a text end at this table, which is cheaper to ask than a map.
  const mayStart = new Uint8Array(65_536)
  const byKey = new Map<number, Uint8Array[]>()
  for (const pattern of patterns) {
    if (pattern.length < keyBytes) continue
    const key = pattern.readInt32BE(0)
    mayStart[placeOf(key)] = 1
    const same = byKey.get(key)
    if (same) same.push(pattern)
    else byKey.set(key, [pattern])
  }
  return {
    longest: patterns[0]?.length ?? 0,
    startingWith: key => (mayStart[placeOf(key)] === 1 ? (byKey.get(key) ?? null) : null),
    short: patterns.filter(pattern => pattern.length < keyBytes),
  }
}

function placeOf(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 16
}

/** Merged, so that of two secrets that overlap no piece is left. Spans begin before `safe`. */
function spans(search: Search, bytes: Uint8Array, safe: number): Span[] {
  const found: Span[] = []
  let key = 0
  for (let at = 0; at < keyBytes - 1; at++) key = (key << 8) | (bytes[at] ?? 0)
  for (let start = 0; start < safe; start++) {
    key = (key << 8) | (bytes[start + keyBytes - 1] ?? 0)
    const candidates = search.startingWith(key)
    const length =
      (candidates === null ? 0 : lengthAt(candidates, bytes, start)) ||
      (search.short.length === 0 ? 0 : lengthAt(search.short, bytes, start))
    if (length === 0) continue
    const last = found.at(-1)
    if (last && start < last[1]) last[1] = Math.max(last[1], start + length)
    else found.push([start, start + length])
  }
  return found
}

/** Length of the first of these patterns that stands here; 0: none does. */
function lengthAt(patterns: readonly Uint8Array[], bytes: Uint8Array, start: number): number {
  for (const pattern of patterns) {
    if (start + pattern.length > bytes.length) continue
    let same = 0
    while (same < pattern.length && bytes[start + same] === pattern[same]) same++
    if (same === pattern.length) return same
  }
  return 0
}

/** All ways in which a program may have printed a secret, as latin-1 text of the bytes. */
function forms(secret: string): string[] {
  const whole = [secret, secret.trim()].flatMap(formsOf)
  if (!secret.includes('\n')) return whole
  const lines = secret.split(/\r?\n/).filter(line => line.length >= lineFrom)
  // A line of a private key is base64 already: nothing encodes one alone, and fifty lines in all encodings are a
  // thousand patterns. JSON leaves it as it is, but for programs that escape its slashes.
  const isKey = secret.includes('PRIVATE KEY')
  return [...whole, ...lines.flatMap(isKey ? line => [line, line.replaceAll('/', '\\/')] : formsOf)]
}

function formsOf(text: string): string[] {
  const bytes = Buffer.from(text, 'utf8')
  const plain = bytes.toString('latin1')
  if (bytes.length < encodedFrom) return [plain]
  const json = Buffer.from(JSON.stringify(text).slice(1, -1), 'utf8').toString('latin1')
  const hex = bytes.toString('hex')
  const url = encodeURIComponent(text.toWellFormed())
  const everyByte = hex.replace(/../g, '%$&')
  const lower = (escaped: string) => escaped.replace(/%[0-9A-F]{2}/g, code => code.toLowerCase())
  const form = url.replaceAll('%20', '+')
  return [
    plain,
    plain.replaceAll('\n', '\r\n'),
    json,
    hex,
    hex.toUpperCase(),
    url,
    lower(url),
    form,
    lower(form),
    everyByte,
    everyByte.toUpperCase(),
    ...base64Forms(bytes),
  ]
}

/** In base64 a text looks different at each of three alignments; its first and last character depend on the neighbours. */
function base64Forms(bytes: Uint8Array): string[] {
  return [0, 1, 2].flatMap(before => {
    const encoded = Buffer.concat([new Uint8Array(before), bytes]).toString('base64')
    const own = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')]
  })
}
