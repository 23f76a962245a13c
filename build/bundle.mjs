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

mkdirSync('dist', { recursive: true })
await build({
  entryPoints: ['src/main.ts'],
  outfile: temporary,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  external: ['ssh2', 'cpu-features'],
  jsx: 'automatic',
  define: {
    'process.env.NODE_ENV': '"production"',
    __VERSION__: JSON.stringify(version),
  },
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  plugins: [withoutDevtools, builtinsWhenNeeded],
  logLevel: 'warning',
  legalComments: 'none',
})
// Renamed at the end, so that two builds at once never leave half a file.
renameSync(temporary, outfile)
