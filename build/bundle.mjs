// Builds dist/watchfloor.mjs: one file with production React. What is heavy and not always needed stays outside and is
// imported when it is needed.
import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { build } from 'esbuild'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
const outfile = `dist/watchfloor.mjs`
const temporary = `dist/.watchfloor.${process.pid}.mjs`

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
  entryPoints: ['src/main.ts'],
  outfile: temporary,
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
// Renamed at the end, so that two builds at once never leave half a file.
renameSync(temporary, outfile)
