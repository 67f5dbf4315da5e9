// The soak of bench/soak, for as long as a test may take; SOAK_SECONDS makes it longer.
import t from 'tap'
import { openLedger } from '../../bench/soak/ledger.ts'
import { parseSoakOptions } from '../../bench/soak/options.ts'
import { soakMarkdown, soakReport } from '../../bench/soak/report.ts'
import { soak } from '../../bench/soak/soak.ts'

const seconds = Number(process.env['SOAK_SECONDS'] ?? 15)
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

t.setTimeout((seconds + 120) * 1_000)

t.test('options', async (t) => {
  t.match(parseSoakOptions(['--minutes', '0.5', '--seed', '7', '--source']), { kind: 'run', seconds: 30, seed: 7, isFromSource: true })
  t.throws(() => parseSoakOptions(['--minutes', '0']), /--minutes/)
  t.throws(() => parseSoakOptions(['--seed', '-1']), /--seed/)
})

t.test('what explains a failure', async (t) => {
  let nowMs = 0
  const ledger = openLedger(() => nowMs)
  const excuse = (nonce: string, isIdempotent = true): string | undefined => ledger.excuse(nonce, isIdempotent)
  const [answered, held, onItsWay, late] = [ledger.begin(), ledger.begin(), ledger.begin(), ledger.begin()]
  for (const nonce of [answered, held, late]) ledger.arrived(nonce)
  ledger.cameLate(late)
  t.equal(excuse(answered), undefined, 'nothing befell it')
  t.equal(excuse(answered, false), undefined, 'nor one that must not be repeated')
  t.equal(excuse(late), undefined, 'it could have been repeated')
  t.equal(excuse(late, false), 'notRepeated')
  nowMs = 1_000
  ledger.killed([held])
  t.equal(excuse(held), 'inFlight')
  t.equal(excuse(onItsWay), 'onItsWay')
  t.equal(excuse(answered), undefined, 'it was seen, and not by the service that was killed')
  nowMs = 2_000
  const after = ledger.begin()
  t.equal(excuse(after), undefined, 'the edge had read of the kill by then')
  t.equal(excuse(after, false), 'notRepeated')
  t.equal(excuse('n9999999'), undefined, 'never begun')
  t.strictSame(Object.fromEntries(ledger.excused), { notRepeated: 2, inFlight: 1, onItsWay: 1 })
  nowMs = 100_000
  ledger.forgetOld()
  t.equal(excuse(held), undefined, 'forgotten')
})

t.test('mixed traffic through faults of every kind: no failure is unexplained, and nothing is left', async (t) => {
  t.comment(`seed ${seed}`)
  const findings = await soak({ seconds, seed, signal: new AbortController().signal, say: (line) => t.comment(line) })
  t.comment(`${findings.requests} requests, ${[...findings.excused].map(([excuse, count]) => `${count} ${excuse}`).join(', ')}`)
  t.same(findings.complaints, [], 'every failure is explained by what befell its own request')
  t.ok(findings.samples.length >= seconds - 1, `${findings.samples.length} samples`)
  t.ok(findings.probesMs.length > 10 * seconds, `${findings.probesMs.length} probes`)
  t.match(soakReport(findings), /unexplained failures +0\n/)
  const markdown = soakMarkdown(findings, { machine: { Node: process.versions.node }, date: '2026-01-01', command: 'soak' })
  t.match(markdown, `| requests | ${findings.requests.toLocaleString('en-US')} |`)
})
