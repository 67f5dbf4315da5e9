import t from 'tap'
import { backend, run, start, startShop } from './benchShop.ts'

t.test('Ctrl-C prints what was measured so far', async (t) => {
  const shop = await startShop({ stable: 100, slow: 0, flaky: 0 })
  t.teardown(() => shop.close())
  const { child, ended } = start(['--split', 'shop', '--duration', '10m', '--warmup', '0s', ...shop.args])
  const timer = setTimeout(() => child.kill('SIGINT'), 3_000)
  const { code, stdout } = await ended
  clearTimeout(timer)
  t.equal(code, 0)
  t.match(stdout, /requests\/s for \d\.\d s of 600\.0 s,\s+stopped/)
  t.match(stdout, /requests +\d+ +\d+/)
})

t.test('what cannot be measured is told in a line: exit code 1', async (t) => {
  const shop = await startShop({ stable: 100, slow: 0, flaky: 0 })
  t.teardown(() => shop.close())
  const gone = await backend(() => undefined)
  gone.close()
  const nowhere = `http://127.0.0.1:${gone.port}`
  const [, url = '', , admin = ''] = shop.args
  for (const [says, args, stderr] of [
    ['no edge', ['--url', nowhere, '--admin', admin], /nothing answers at http:\S+ \(ECONNREFUSED\)/],
    ['no admin API', ['--url', url, '--admin', nowhere], /the admin API does not answer at \S+ \(ECONNREFUSED\); --admin names another/],
    ['no such split', ['--split', 'shoop', ...shop.args], /answered 404: No split is named "shoop"\. Name one that is configured: there are shop\./],
    ['a header that no answer has', ['--by-header', 'X-Release', ...shop.args], /has no header x-release, which --by-header names/],
    [
      'a header that does not lead there',
      ['--header', 'flaky=X-Else: 1', ...shop.args],
      /counted no request for flaky, which given header was to reach/,
    ],
  ] as const) {
    const { code, stdout, stderr: said } = await run('--split', 'shop', ...args)
    t.match({ code, stdout, said }, { code: 1, stdout: '', said: stderr }, says)
    t.equal(said.trim().split('\n').length, 1, `${says}: in one line`)
  }
})

t.test('wrong usage: exit code 2', async (t) => {
  for (const [args, stderr] of [
    [[], /--split is missing; give the name of a split/],
    [['--split', 'shop', '--url', 'http://192.0.2.1'], /--url is "http:\/\/192\.0\.2\.1", another machine: .*add --allow-remote/],
    [
      ['--split', 'shop', '--rate', '0', '--duration', '10'],
      /--rate is "0"; .*\n.*--duration is "10"; it must be a time from 100ms to 24h, such as 30s/,
    ],
    [['--split', 'shop', '--header', 'X-Canary', '--path', 'cart'], /--header is "X-Canary"; it must be 'Name: value'.*\n.*--path is "cart"/],
    [['--split', 'shop', '--colour'], /unknown option '--colour'/],
  ] as const)
    t.match(await run(...args), { code: 2, stdout: '', stderr }, args.join(' '))
  t.match(await run('--help'), { code: 0, stdout: /--by-header[\s\S]*Examples:[\s\S]*spillway bench --split shop --rate 500/ })
})
