// What `journalctl -o json` prints, read once for all who ask: the journal probe and the room's logs. A node chooses
// every byte of it, so that a line which is no entry is counted and left out, and nothing but a cursor passes for one.

/** It is remembered and goes back to the node: nothing else may pass for one. */
const cursorShape = /^[A-Za-z0-9=;_-]{1,512}$/
/** Names of units and patterns of them; the first character keeps it from being taken for an option. */
export const unitPattern = '^[A-Za-z0-9:_.\\\\@*?][A-Za-z0-9:_.\\\\@*?-]*$'
/** What both want to know of an entry; cursor, time and boot come by themselves. */
export const journalFields = 'MESSAGE,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER,PRIORITY'

const nameChars = 256
const unitShape = new RegExp(unitPattern)
const mostUnitChars = 256

export interface JournalEntry {
  /** Null: what the node named is none. */
  cursor: string | null
  /** ms since the epoch; null: the node named no time. */
  at: number | null
  /** 0 (emerg) to 7 (debug). */
  priority: number | null
  unit: string | null
  /** What the writer calls itself. */
  identifier: string | null
  message: string
  boot: string | null
}

export interface JournalText {
  entries: JournalEntry[]
  /** Lines that are no entries: the last one of an answer that was cut, or nonsense. */
  unread: number
}

export function isCursor(text: string): boolean {
  return cursorShape.test(text)
}

export function isUnitName(text: string): boolean {
  return text.length <= mostUnitChars && unitShape.test(text)
}

/**
 * JSON lines of journalctl, in their order. MESSAGE is a string, an array of bytes (binary), an array of strings (repeated)
 * or null (too big). More than `messageChars` of a message is left out, and said with `…`.
 */
export function readJournal(text: string, messageChars: number): JournalText {
  const entries: JournalEntry[] = []
  let unread = 0
  for (const line of text.split('\n')) {
    // Between entries journalctl prints remarks: `-- No entries --`.
    if (line === '' || line.startsWith('-- ')) continue
    const fields = fieldsOf(line)
    if (fields === null || typeof fields.__CURSOR !== 'string') {
      unread += 1
      continue
    }
    entries.push({
      cursor: isCursor(fields.__CURSOR) ? fields.__CURSOR : null,
      at: timeOf(fields.__REALTIME_TIMESTAMP),
      priority: priorityOf(fields.PRIORITY),
      unit: nameOf(fields._SYSTEMD_UNIT),
      identifier: nameOf(fields.SYSLOG_IDENTIFIER),
      message: capped(messageText(fields.MESSAGE), messageChars),
      boot: typeof fields._BOOT_ID === 'string' && /^[0-9a-f]{32}$/.test(fields._BOOT_ID) ? fields._BOOT_ID : null,
    })
  }
  return { entries, unread }
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> | null {
  if (!line.startsWith('{')) return null
  try {
    const fields: Readonly<Record<string, unknown>> = JSON.parse(line)
    return fields
  } catch {
    return null
  }
}

/** A field that an entry has twice comes as an array: the first one is meant. */
function firstOf(field: unknown): unknown {
  return Array.isArray(field) ? field[0] : field
}

function nameOf(field: unknown): string | null {
  const name = firstOf(field)
  return typeof name === 'string' && name !== '' ? name.slice(0, nameChars) : null
}

function timeOf(field: unknown): number | null {
  return typeof field === 'string' && /^\d{1,17}$/.test(field) ? Number(field) / 1000 : null
}

function priorityOf(field: unknown): number | null {
  const priority = firstOf(field)
  return typeof priority === 'string' && /^[0-7]$/.test(priority) ? Number(priority) : null
}

function capped(text: string, chars: number): string {
  return text.length > chars ? `${text.slice(0, chars - 1)}…` : text
}

function messageText(message: unknown): string {
  if (typeof message === 'string') return message
  if (!Array.isArray(message)) return '(a message too long to show)'
  if (message.every(part => typeof part === 'number')) return bytesText(message)
  // One level and no more: a message of a hundred thousand nested arrays is for nobody to read.
  return message.map(part => (Array.isArray(part) ? bytesText(part) : messageText(part))).join(' / ')
}

function bytesText(bytes: readonly unknown[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes.filter(byte => typeof byte === 'number')))
}
