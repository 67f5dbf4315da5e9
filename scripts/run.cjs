// Runs a program of this repository on a fitting Node, installing what the lockfile names first.
// Old syntax on purpose: this is the one file that whatever Node the user has must be able to run.
'use strict'
var WANTED_MAJOR = 24
var outerMajor = parseInt(process.versions.node, 10)
// Before any `node:` import: what is older than that spelling must get this line too.
if (outerMajor < 18) {
  fail('needs Node.js 18 or newer to set itself up; this is ' + process.version + ' (' + process.execPath + '). Install Node.js ' + WANTED_MAJOR)
}
var cp = require('node:child_process')
var crypto = require('node:crypto')
var fs = require('node:fs')
var os = require('node:os')
var path = require('node:path')

var root = path.join(__dirname, '..')
var modules = path.join(root, 'node_modules')
var stamp = path.join(modules, '.install-stamp')

function fail(message) {
  console.error('spillway: ' + message)
  process.exit(1)
}

function lockDigest() {
  return crypto
    .createHash('sha256')
    .update(fs.readFileSync(path.join(root, 'package-lock.json')))
    .update(process.platform + '-' + process.arch)
    .digest('hex')
}

function installedDigest() {
  try {
    return fs.readFileSync(stamp, 'utf8')
  } catch (e) {
    return 'nothing installed yet: ' + e.code
  }
}

function install() {
  var args = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  var npm = process.env.npm_execpath || ''
  var viaScript = /\.c?js$/.test(npm)
  console.error('spillway: installing dependencies (once; about 15 s)')
  var result = viaScript
    ? cp.spawnSync(process.execPath, [npm].concat(args), { cwd: root, stdio: ['ignore', 2, 2] })
    : cp.spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (result.error) fail('cannot run npm (' + result.error.message + '); install npm 10 or newer, then try again')
  if (result.status !== 0) fail('`npm ' + args.join(' ') + '` failed with exit code ' + result.status + '; its message is above')
}

// The outer Node when it is new enough, else the one that the workspace `tools/node` installed.
function fittingNode() {
  if (outerMajor >= WANTED_MAJOR) return process.execPath
  var name = process.platform === 'win32' ? 'node.exe' : 'node'
  var packages = ['node-' + process.platform + '-' + process.arch, 'node-bin-' + process.platform + '-' + process.arch]
  var found = packages.map((folder) => path.join(modules, folder, 'bin', name)).filter((file) => fs.existsSync(file))
  if (found.length > 0) return found[0]
  return fail(
    'needs Node.js ' +
      WANTED_MAJOR +
      ' or newer; this is ' +
      process.version +
      ' (' +
      process.execPath +
      ') and no packaged Node fits ' +
      process.platform +
      '-' +
      process.arch +
      '. Install Node.js ' +
      WANTED_MAJOR +
      ' and try again',
  )
}

var wanted = lockDigest()
if (installedDigest() !== wanted) {
  install()
  fs.writeFileSync(stamp, wanted)
}
var exe = fittingNode()
var env = Object.assign({}, process.env, {
  PATH: [path.dirname(exe), path.join(modules, '.bin'), process.env.PATH].join(path.delimiter),
})
var child = cp.spawn(exe, process.argv.slice(2), { stdio: 'inherit', env: env })
;['SIGINT', 'SIGTERM', 'SIGHUP'].forEach(function (signal) {
  process.on(signal, function () {
    // A terminal sends Ctrl-C to the whole group: the child has it already.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
})
child.on('error', function (error) {
  fail('cannot start ' + exe + ': ' + error.message)
})
child.on('exit', function (code, signal) {
  process.exit(signal ? 128 + (os.constants.signals[signal] || 0) : code)
})
