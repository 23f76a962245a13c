// Bundles a fixture as the program is bundled: JSX, production React, one file.
import path from 'node:path'
import { build } from 'esbuild'

export async function bundleFixture(name: string, folder: string): Promise<string> {
  const outfile = path.join(folder, `${name}.mjs`)
  await build({
    entryPoints: [path.resolve(import.meta.dirname, 'fixtures', `${name}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    plugins: [
      {
        name: 'without-devtools',
        setup(builder) {
          builder.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'devtools', namespace: 'stub' }))
          builder.onLoad({ filter: /.*/, namespace: 'stub' }, () => ({ contents: 'export default {}' }))
        },
      },
    ],
    logLevel: 'error',
  })
  return outfile
}
