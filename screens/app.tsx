// The room's door: opens the screens on an engine.
import type { Engine } from '../src/engine/engine.ts'

export async function openRoom(_options: { engine: Engine; env: NodeJS.ProcessEnv }): Promise<0> {
  return 0
}
