// Sizes as people write them: `512MB`, `0.5GiB`, `10kB`. Kept in whole bytes.
const unitBytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  TB: 1000 ** 4,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

const pattern = '^[0-9]{1,12}(?:\\.[0-9]{1,3})? ?(?:B|[kKMGT]B|[KMGT]iB)$'

/** `0.5GiB` → 536,870,912; null when it is no size. */
export function parseSize(text: string): number | null {
  if (!new RegExp(pattern).test(text)) return null
  const [, amount, unit] = /^([0-9.]+) ?(\w+)$/.exec(text) ?? []
  const bytes = Math.round(Number(amount) * (unitBytes[unit ?? ''] ?? Number.NaN))
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** For people, in thousands: 1,536,000 → `1.5MB`. Rounded to three digits. */
export function formatSize(bytes: number): string {
  let amount = bytes
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (Math.abs(amount) < 999.5) return `${Number(amount.toPrecision(3))}${unit}`
    amount /= 1000
  }
  return `${Number(amount.toPrecision(3))}TB`
}
