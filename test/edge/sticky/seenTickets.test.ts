import t from 'tap'
import { SeenTickets } from '../../../src/edge/sticky/seenTickets.ts'

type Seen = { readonly text: string; readonly bucket: number }
const ticket = (n: number): Seen => ({ bucket: n, text: `ticket-${n}` })

t.test('what is asked for stays, what is not is forgotten', async (t) => {
  const seen = new SeenTickets<Seen>()
  seen.add(ticket(0))
  seen.add(ticket(1))
  for (let n = 2; n < 10_000; n++) {
    seen.add(ticket(n))
    if (n % 500 === 0) t.equal(seen.get('ticket-0')?.bucket, 0, `after ${n}`)
  }
  t.equal(seen.get('ticket-1'), undefined)
  t.equal(seen.get('ticket-9999')?.bucket, 9_999)
  t.equal(seen.get('ticket-x'), undefined)
})
