// A world in a process of its own, for tests that kill it: `node run-world.ts DIR`.
import { runSandbox } from '../../../infra/sandbox/world.ts'

const stopping = new AbortController()
process.on('SIGTERM', () => stopping.abort())
await runSandbox({ dir: process.argv[2] ?? '', signal: stopping.signal })
