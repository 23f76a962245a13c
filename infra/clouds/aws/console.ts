// Fingerprints of host keys out of a machine's console: what cloud-init and NixOS print between two marks at each boot.
// Everything else on a console is hostile, and so is the rest of these lines.

const begin = '-----BEGIN SSH HOST KEY FINGERPRINTS-----'
const end = '-----END SSH HOST KEY FINGERPRINTS-----'
// A SHA-256 in base64 without padding has 43 characters.
const fingerprint = /SHA256:[A-Za-z0-9+/]{43}(?![A-Za-z0-9+/=])/

/** Of the last complete block: a machine that booted again has told them again. At most 20. */
export function hostkeysIn(output: string): string[] {
  const to = output.lastIndexOf(end)
  const from = to < 0 ? -1 : output.lastIndexOf(begin, to)
  if (from < 0) return []
  const keys = output
    .slice(from + begin.length, to)
    .split(/\r\n|\n|\r/)
    .flatMap(line => line.match(fingerprint) ?? [])
  return [...new Set(keys)].slice(0, 20)
}
