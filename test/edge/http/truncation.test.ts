// A response that its upstream breaks off, at every byte of the head and at seeded offsets of the body (promise E17).
import t from 'tap'
import { figure } from '../promises/full.ts'
import { type AnswerRow, attempt, bad, cut } from './answers.ts'
import { fileDeadlineMs, startHarness } from './harness.ts'
import { inParallel } from './rows.ts'

const harness = await startHarness()
t.setTimeout(fileDeadlineMs)
t.teardown(() => harness.close())
t.comment(`seed ${harness.seed}`)

const bodyOffsets = figure(10_000, 1_000)
const payload = Array.from({ length: 300 }, (_, index) => `line ${index};`).join('')
const lengthHead = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${payload.length}\r\n\r\n`
const chunkedHead = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n'
const chunks = (payload.match(/.{1,97}/g) ?? []).map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')

const answers = [
  { name: 'with a length', head: lengthHead, whole: lengthHead + payload },
  { name: 'in chunks', head: chunkedHead, whole: `${chunkedHead + chunks}0\r\n\r\n` },
]

for (const { name, head, whole } of answers) {
  for (const after of ['fin', 'reset'] as const) {
    void t.test(`E17 ${after} inside the head of an answer ${name} is a 502`, async (t) => {
      const cuts = Array.from({ length: head.length }, (_, index) => index)
      t.same(await problemsOf(cuts, (offset) => ({ id: 'E17', name, bytes: whole.slice(0, offset), after, outcome: bad })), [])
    })
    void t.test(`E17 ${after} inside the body of an answer ${name} never looks complete`, async (t) => {
      const cuts = Array.from({ length: bodyOffsets / 2 }, () => head.length + harness.random(whole.length - head.length))
      const edges = [head.length, head.length + 1, whole.length - 1, whole.length - 2, whole.length - 3, whole.length - 5].filter(
        (offset) => offset < whole.length,
      )
      t.same(await problemsOf([...edges, ...cuts], (offset) => ({ id: 'E17', name, bytes: whole.slice(0, offset), after, outcome: cut })), [])
    })
  }
}

async function problemsOf(cuts: readonly number[], rowFor: (offset: number) => AnswerRow): Promise<string[]> {
  const problems: string[] = []
  await inParallel(cuts, 32, async (offset) => {
    const problem = problems.length < 5 ? await attempt(harness, rowFor(offset), undefined) : undefined
    if (problem !== undefined) problems.push(`after ${offset} bytes: ${problem}`)
  })
  return problems
}
