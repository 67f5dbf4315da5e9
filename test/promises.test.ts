// docs/promises.md says which tests prove what: each of them must be there, and no promise that is tested may be missing.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
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

t.test('what is tested is promised', (t) => {
  const files = readdirSync('test/edge', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'))
  const tested = files.flatMap((file) => [...readFileSync(`test/edge/${file}`, 'utf8').matchAll(/['"`](E\d+) /g)].map(([, number]) => number))
  t.ok(tested.length > 30, `${tested.length} tests of promises`)
  const promised = rows.map(({ name }) => /^E\d+/.exec(name)?.[0])
  t.same(
    [...new Set(tested)].filter((number) => !promised.includes(number)),
    [],
  )
  t.end()
})

t.test('the page is read whole', (t) => {
  const promised = page.split('\n').filter((line) => line.startsWith('| **'))
  t.equal(rows.length, promised.length, `${rows.length} promises`)
  t.ok(rows.length >= 28)
  t.end()
})
