// Builds dist/watchfloor.mjs with production React, and beside it a piece for each part that is imported when it is first
// needed (engine, sandbox, screens, adapters): a start reads what it runs. What is heavy and not ours stays outside.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const entry = 'watchfloor.mjs'
const temporary = `dist/.build.${process.pid}`

/** Ink asks for the React devtools only in development; a stub keeps the bundle whole. */
const withoutDevtools = {
  name: 'without-devtools',
  setup(builder) {
    builder.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'devtools', namespace: 'stub' }))
    builder.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({ contents: 'export default {}' }))
  },
}

/**
 * Node's own modules are taken where they are first needed. As `import` they would all be loaded before the first line
 * runs, and `node:http` alone costs as much as bare Node.
 */
const builtinsWhenNeeded = {
  name: 'builtins-when-needed',
  setup(builder) {
    builder.onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'builtin' }))
    builder.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }))
  },
}

/**
 * A package that stays outside the bundle, and that only the sandbox imports: as `import` it would be loaded by every
 * start, before the first line runs, and costs more than the first picture.
 */
const sshWhenNeeded = {
  name: 'ssh-when-needed',
  setup(builder) {
    builder.onResolve({ filter: /^ssh2$/ }, ({ kind, namespace }) =>
      kind === 'import-statement' && namespace === 'file'
        ? { path: 'ssh2', namespace: 'needed' }
        : { path: 'ssh2', external: true },
    )
    builder.onLoad({ filter: /.*/, namespace: 'needed' }, () => ({ contents: `module.exports = require('ssh2')` }))
  },
}

mkdirSync('dist', { recursive: true })
await build({
  entryPoints: [{ in: 'src/main.ts', out: path.parse(entry).name }],
  outdir: temporary,
  splitting: true,
  // Named by their content: a program that runs goes on finding its own pieces while the next is built.
  chunkNames: 'piece-[hash]',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  // The providers' packages are far bigger than the program: each is loaded when its provider is first asked.
  external: ['cpu-features', '@aws-sdk/*', '@google-cloud/*', 'google-auth-library', 'hcloud-js'],
  jsx: 'automatic',
  define: {
    'process.env.NODE_ENV': '"production"',
    __VERSION__: JSON.stringify(version),
  },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [withoutDevtools, builtinsWhenNeeded, sshWhenNeeded],
  logLevel: 'warning',
  // A third less to read and hash at every start, which is a tenth of the first frame; names stay, for errors.
  minifyWhitespace: true,
  minifySyntax: true,
  legalComments: 'none',
})
// Pieces first, the entry that names them last: two builds at once never leave half a program.
for (const name of readdirSync(temporary).sort((a, b) => Number(a === entry) - Number(b === entry))) {
  renameSync(path.join(temporary, name), path.join('dist', name))
}
rmSync(temporary, { recursive: true })

/** A day: whoever still runs an older build may yet need a piece of it. */
const keptMs = 86_400_000
const pieces = readFileSync(path.join('dist', entry), 'utf8')
const isNamed = name => pieces.includes(name) || Date.now() - statSync(path.join('dist', name)).mtimeMs < keptMs
for (const name of readdirSync('dist')) {
  if (name.startsWith('piece-') && !isNamed(name)) rmSync(path.join('dist', name), { force: true })
}
