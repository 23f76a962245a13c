// Two small probe kinds for the loader's tests: one with a target for each address, one with options of its own.
import Type from 'typebox'
import type { LoadableKind } from '../../../src/fleet/resolve-probes.ts'

const closed = { additionalProperties: false } as const

const ping: LoadableKind = {
  options: Type.Object({ peer: Type.Optional(Type.String({ names: 'node' })) }, closed),
  defaults: { everyMs: 30_000, timeoutMs: 5_000, failures: 2 },
  targets: (_options, node) => [
    ...(node.mesh === null ? [] : [{ id: 'ping:mesh', target: node.mesh }]),
    ...(node.address === null ? [] : [{ id: 'ping:public', target: node.address }]),
  ],
}

const http: LoadableKind = {
  options: Type.Object(
    {
      url: Type.String({ format: 'uri', is: 'a URL' }),
      expect: Type.Optional(Type.Object({ status: Type.Integer() }, closed)),
      token: Type.Optional(Type.String()),
      headers: Type.Optional(Type.Record(Type.String(), Type.String())),
    },
    closed,
  ),
  defaults: { everyMs: 60_000, timeoutMs: 10_000, failures: 2 },
  targets: options => [{ id: 'http', target: String(options.url) }],
}

export const kinds: ReadonlyMap<string, LoadableKind> = new Map([
  ['ping', ping],
  ['http', http],
])
