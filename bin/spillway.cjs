#!/usr/bin/env node
// Old syntax on purpose: an old Node must get as far as the message below, and must find `node:` imports only after the check.
'use strict'
if (parseInt(process.versions.node, 10) < 18) {
  tooOld()
}
var cp = require('node:child_process')
var fs = require('node:fs')
var os = require('node:os')
var path = require('node:path')
var url = require('node:url')

var GUARD = 'SPILLWAY_LAUNCHED_BY'

function tooOld() {
  console.error('spillway needs Node.js 24 or newer; this is ' + process.version + ' (' + process.execPath + ')')
  process.exit(1)
}

/** A Node that a package installed beside this one: in this folder's `node_modules`, or in one further up. */
function packagedNode() {
  var exe = process.platform === 'win32' ? 'node.exe' : 'node'
  var target = process.platform + '-' + process.arch
  var names = ['node-' + target, 'node-bin-' + target, 'node']
  var folder = path.join(__dirname, '..')
  var found
  for (;;) {
    found = names.map((name) => path.join(folder, 'node_modules', name, 'bin', exe)).filter((file) => fs.existsSync(file))
    if (found.length > 0) return found[0]
    if (path.dirname(folder) === folder) return ''
    folder = path.dirname(folder)
  }
}

function startOn(exe) {
  var env = Object.assign({}, process.env)
  env[GUARD] = process.execPath
  // argv[1], not this file: the name that was called decides how help speaks of itself.
  var child = cp.spawn(exe, process.argv.slice(1), { stdio: 'inherit', env: env })
  ;['SIGINT', 'SIGTERM', 'SIGHUP'].forEach((signal) => {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the whole group: the child has it already.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  })
  child.on('error', (error) => {
    console.error('spillway: cannot start ' + exe + ': ' + error.message)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    process.exit(signal ? 128 + (os.constants.signals[signal] || 0) : code)
  })
}

function startHere() {
  var root = path.join(__dirname, '..')
  // The sources win where they are (a checkout): a `dist` beside them may be stale. The package has only `dist`.
  var source = path.join(root, 'src', 'main.ts')
  var main = fs.existsSync(source) ? source : path.join(root, 'dist', 'main.js')
  import(url.pathToFileURL(main).href).catch((error) => {
    console.error(error)
    process.exit(1)
  })
}

var beside
if (parseInt(process.versions.node, 10) >= 24) {
  delete process.env[GUARD]
  startHere()
} else {
  beside = process.env[GUARD] ? '' : packagedNode()
  if (beside) startOn(beside)
  else tooOld()
}
