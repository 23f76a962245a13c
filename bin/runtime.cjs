// Old syntax on purpose: this file must run on any Node, find the right one and hand over to it.
'use strict'
var fs = require('fs')
var path = require('path')
var childProcess = require('child_process')

var root = path.join(__dirname, '..')
var floor = [22, 15]

/** A clone of the repository, as opposed to an installed package. */
exports.isCheckout = function () {
  return fs.existsSync(path.join(root, 'src', 'main.ts'))
}

exports.root = root

exports.isRecentEnough = function (version) {
  var parts = String(version).split('.')
  var major = Number(parts[0])
  return major > floor[0] || (major === floor[0] && Number(parts[1]) >= floor[1])
}

/** The pinned Node, which comes as an ordinary package without install scripts; null where there is none. */
exports.pinnedNode = function () {
  if (process.platform !== 'linux') return null
  var name = 'node-linux-' + process.arch
  var file
  try {
    file = path.join(path.dirname(require.resolve(name + '/package.json', { paths: [root] })), 'bin', 'node')
  } catch (error) {
    return null
  }
  return fs.existsSync(file) ? file : null
}

/** Installs the locked packages when they are missing or older than the lockfile. Progress goes to stderr. */
exports.install = function () {
  var marker = path.join(root, 'node_modules', '.package-lock.json')
  var lock = path.join(root, 'package-lock.json')
  if (fs.existsSync(marker) && fs.statSync(marker).mtimeMs >= fs.statSync(lock).mtimeMs - 1000) return
  process.stderr.write('watchfloor: installing the locked packages (once) …\n')
  var npm =
    process.env.npm_execpath && /\.c?js$/.test(process.env.npm_execpath)
      ? [process.execPath, process.env.npm_execpath]
      : ['npm']
  var args = npm.slice(1).concat(['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  var done = childProcess.spawnSync(npm[0], args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (done.error || done.status !== 0) {
    process.stderr.write(
      'watchfloor: `npm ci` did not end well' +
        (done.error ? ' (' + done.error.message + ')' : '') +
        '; is the npm registry reachable? Run `npm ci` here and read what it says.\n'
    )
    process.exit(4)
  }
}

/** Runs a program in our place: same terminal, signals passed on, same end. */
exports.become = function (file, args, environment) {
  var child = childProcess.spawn(file, args, { stdio: 'inherit', env: environment || process.env })
  var signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2']
  signals.forEach(function (signal) {
    process.on(signal, function () {
      // The terminal sends its own signals to the whole group; only those meant for us alone are passed on.
      if (signal === 'SIGTERM' || !process.stdin.isTTY) child.kill(signal)
    })
  })
  child.on('error', function (error) {
    process.stderr.write('watchfloor: ' + file + ' does not start: ' + error.message + '\n')
    process.exit(70)
  })
  child.on('exit', function (code, signal) {
    if (signal) {
      signals.forEach(function (name) {
        process.removeAllListeners(name)
      })
      process.kill(process.pid, signal)
      setTimeout(function () {
        process.exit(1)
      }, 1000)
      return
    }
    process.exit(code === null ? 1 : code)
  })
}
