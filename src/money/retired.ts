// Types that can no longer be ordered, and what came after them.

export interface Retired {
  provider: string
  type: string
  successor: string
  /** For people. */
  since: string
}

/** Deprecated on 2025-10-16, taken away from January 2026 (hcloud-upload-image#129, pulumi-hcloud#939). */
export const retiredTypes: readonly Retired[] = [
  ['cx22', 'cx23'],
  ['cx32', 'cx33'],
  ['cx42', 'cx43'],
  ['cx52', 'cx53'],
].map(([type = '', successor = '']) => ({ provider: 'hetzner', type, successor, since: 'since January 2026' }))
