// docs/promises.md says which tests prove what: each of them must be there.
import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'

const page = readFileSync('docs/promises.md', 'utf8')
/** What is bold in the first column begins a test's name in the first file of the second; in further files its number alone does. */
const rows = [...page.matchAll(/^\| \*\*(.+?)\*\*.*? \| (`test\/[^|]+) \|/gm)].map(([, name = '', files = '']) => ({
  name,
  files: [...files.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
}))

function hasTest(file: string, name: string): boolean {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  const begun = /^E\d+$/.test(name) ? `${name} ` : name
  return ["'", '`'].some((quote) => text.includes(quote + begun))
}

for (const { name, files } of rows)
  for (const [index, file] of files.entries())
    t.test(`${name} is tested in ${file}`, (t) => {
      t.ok(hasTest(file, index === 0 ? name : (/^E\d+/.exec(name)?.[0] ?? name)))
      t.end()
    })

t.test('the page is read whole', (t) => {
  const promised = page.split('\n').filter((line) => line.startsWith('| **'))
  t.equal(rows.length, promised.length, `${rows.length} promises`)
  t.ok(rows.length >= 15)
  t.end()
})
