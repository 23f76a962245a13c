// The developer's verbs (`npm test`, `npm run check` …): installs what is missing and runs them on the pinned Node.
'use strict'
var path = require('path')
var runtime = require('./runtime.cjs')

runtime.install()
var pinned = runtime.pinnedNode()
if (!pinned && !runtime.isRecentEnough(process.versions.node)) {
  process.stderr.write('watchfloor: no pinned Node for ' + process.platform + '-' + process.arch + '; use Node 24.\n')
  process.exit(70)
}
var node = pinned || process.execPath
var environment = Object.assign({}, process.env, {
  PATH: [path.dirname(node), path.join(runtime.root, 'node_modules', '.bin'), process.env.PATH].join(path.delimiter)
})
process.chdir(runtime.root)
runtime.become(node, [path.join('build', 'dev.mjs')].concat(process.argv.slice(2)), environment)
