// Builds the bundle once, so that tests at the rim drive the program that operators get.
import { spawnSync } from 'node:child_process'

export default function setup(): void {
  const done = spawnSync(process.execPath, ['build/bundle.mjs'], { stdio: 'inherit' })
  if (done.status !== 0) throw new Error('the bundle could not be built')
}
