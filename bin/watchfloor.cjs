#!/usr/bin/env node
// Old syntax on purpose (see runtime.cjs). Runs the one bundled file on a Node that is new enough.
'use strict'
var path = require('path')
var runtime = require('./runtime.cjs')

var bundle = path.join(runtime.root, 'dist', 'watchfloor.mjs')
if (runtime.isCheckout()) {
  runtime.install()
  require('./fresh.cjs').build()
}
var pinned = runtime.pinnedNode()
var args = process.argv.slice(2)
if (runtime.isRecentEnough(process.versions.node)) {
  process.argv[1] = bundle
  // Compiled code is kept between runs: the room opens faster over and over again.
  if (require('module').enableCompileCache) require('module').enableCompileCache()
  // `import()` behind a function: an old parser must be able to read this file.
  new Function('file', 'return import(file)')(require('url').pathToFileURL(bundle).href)
} else if (pinned) {
  runtime.become(pinned, [__filename].concat(args))
} else {
  process.stderr.write(
    'watchfloor needs Node 22.15 or newer; this is ' +
      process.versions.node +
      ' and no bundled Node fits ' +
      process.platform +
      '-' +
      process.arch +
      '.\n'
  )
  process.exit(70)
}
