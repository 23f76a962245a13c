// In a checkout: builds the bundle when a source is newer than it. Old syntax, as it runs before the right Node does.
'use strict'
var fs = require('fs')
var path = require('path')
var childProcess = require('child_process')
var runtime = require('./runtime.cjs')

function newest(folder) {
  var latest = 0
  fs.readdirSync(folder).forEach(function (name) {
    var file = path.join(folder, name)
    var stat = fs.statSync(file)
    latest = Math.max(latest, stat.isDirectory() ? newest(file) : stat.mtimeMs)
  })
  return latest
}

exports.build = function () {
  var bundle = path.join(runtime.root, 'dist', 'watchfloor.mjs')
  var sources = ['screens', 'src', 'infra', 'state', 'build'].map(function (name) {
    return path.join(runtime.root, name)
  })
  var built = fs.existsSync(bundle) ? fs.statSync(bundle).mtimeMs : 0
  var changed = sources.concat([path.join(runtime.root, 'package.json')]).some(function (file) {
    var stat = fs.statSync(file)
    return (stat.isDirectory() ? newest(file) : stat.mtimeMs) > built
  })
  if (!changed) return
  var node = runtime.pinnedNode() || process.execPath
  var done = childProcess.spawnSync(node, [path.join(runtime.root, 'build', 'bundle.mjs')], {
    cwd: runtime.root,
    stdio: ['ignore', 2, 2]
  })
  if (done.status !== 0) {
    process.stderr.write('watchfloor: the bundle could not be built (see above)\n')
    process.exit(70)
  }
}
