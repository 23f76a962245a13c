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
  const patterns = [...new Set(secrets.flatMap(forms))].filter(form => form !== '').sort((a, b) => b.length - a.length)
  const longest = patterns[0]?.length ?? 0
  if (longest === 0) return { push: piece => piece, end: () => new Uint8Array() }
  // Latin-1 text is bytes one to one, so that the search knows nothing of characters cut in two.
  const search = new RegExp(patterns.map(escapeForRegExp).join('|'), 'g')
  let held = ''
  const pass = (text: string, safe: number): Uint8Array => {
    const out: Uint8Array[] = []
    let done = 0
    for (const [start, end] of spans(search, text, safe)) {
      out.push(Buffer.from(text.slice(done, start), 'latin1'), replacement)
      done = end
    }
    const upTo = Math.max(done, safe)
    out.push(Buffer.from(text.slice(done, upTo), 'latin1'))
    held = text.slice(upTo)
    return Buffer.concat(out)
  }
  return {
    push(piece) {
      const text = held + Buffer.from(piece).toString('latin1')
      return pass(text, settled(search, text, Math.max(0, text.length - longest + 1)))
    },
    end: () => pass(held, held.length),
  }
}

/** Everything at once. */
export function redact(secrets: readonly string[], bytes: Uint8Array): Uint8Array {
  const stream = redactor(secrets)
  return Buffer.concat([stream.push(bytes), stream.end()])
}

/** Merged, so that of two secrets that overlap no piece is left. Spans begin before `safe`. */
function spans(search: RegExp, text: string, safe: number): [number, number][] {
  const found: [number, number][] = []
  search.lastIndex = 0
  for (let match = search.exec(text); match && match.index < safe; match = search.exec(text)) {
    const end = match.index + match[0].length
    const last = found.at(-1)
    if (last && match.index < last[1]) last[1] = Math.max(last[1], end)
    else found.push([match.index, end])
    search.lastIndex = match.index + 1
  }
  return found
}

/** A span that reaches into the part held back may overlap one that begins there: then hold back from the span's begin. */
function settled(search: RegExp, text: string, safe: number): number {
  const last = spans(search, text, safe).at(-1)
  return last && last[1] > safe ? last[0] : safe
}

/** All ways in which a program may have printed a secret, as latin-1 text of the bytes. */
function forms(secret: string): string[] {
  const lines = secret.includes('\n') ? secret.split(/\r?\n/).filter(line => line.length >= lineFrom) : []
  return [secret, secret.trim(), ...lines].flatMap(formsOf)
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

function escapeForRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
