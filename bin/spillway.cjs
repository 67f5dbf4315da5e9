#!/usr/bin/env node
// Old syntax on purpose: an old Node must get as far as the message below.
'use strict'
var fs = require('fs')
var path = require('path')
var url = require('url')

var root = path.join(__dirname, '..')
var built = path.join(root, 'dist', 'main.js')
if (parseInt(process.versions.node, 10) < 24) {
  console.error('spillway needs Node.js 24 or newer; this is ' + process.version + ' (' + process.execPath + ')')
  process.exit(1)
}
import(url.pathToFileURL(fs.existsSync(built) ? built : path.join(root, 'src', 'main.ts')).href)
