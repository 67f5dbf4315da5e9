import t from 'tap'
import { type Admission, admission, admitsAll, type Load } from '../../../src/edge/pressure/admission.ts'
import { Shedding } from '../../../src/edge/pressure/shedding.ts'

const calm: Load = { lagMs: 2, memoryShare: 0.3 }
const lag = (lagMs: number): Load => ({ ...calm, lagMs })
const memory = (memoryShare: number): Load => ({ ...calm, memoryShare })
const times = (count: number, load: Load): Load[] => Array.from({ length: count }, () => load)

function after(...loads: readonly Load[][]): Admission {
  return loads.flat().reduce(admission, admitsAll)
}

type Row = { readonly name: string; readonly loads: readonly Load[][]; readonly connections: string; readonly requests: string }
/** `none`, `some` or `all` is turned away. */
const rows: readonly Row[] = [
  { name: 'nothing happens', loads: [times(100, calm)], connections: 'none', requests: 'none' },
  { name: 'a thousand connections in a closed loop', loads: [times(1_000, lag(100))], connections: 'none', requests: 'none' },
  { name: 'one long pause, as when the process was stopped', loads: [times(1, lag(60_000))], connections: 'none', requests: 'none' },
  { name: 'three long pauses', loads: [times(3, lag(2_000))], connections: 'none', requests: 'none' },
  { name: 'pauses now and then', loads: Array.from({ length: 50 }, () => [lag(500), lag(500), calm]), connections: 'none', requests: 'none' },
  { name: 'late, four times', loads: [times(4, lag(260))], connections: 'some', requests: 'none' },
  { name: 'late for long', loads: [times(40, lag(260))], connections: 'all', requests: 'none' },
  { name: 'very late, four times', loads: [times(4, lag(600))], connections: 'some', requests: 'none' },
  { name: 'very late though all connections are turned away', loads: [times(9, lag(600))], connections: 'all', requests: 'some' },
  { name: 'very late for long', loads: [times(60, lag(600))], connections: 'all', requests: 'all' },
  { name: 'so late that every sample counts much', loads: [times(6, lag(2_000))], connections: 'all', requests: 'some' },
  { name: 'just late again after very late', loads: [times(60, lag(600)), times(25, lag(300))], connections: 'all', requests: 'all' },
  { name: 'in time for half a second after that', loads: [times(60, lag(600)), times(12, calm)], connections: 'none', requests: 'none' },
  { name: 'the share that helps is kept', loads: [times(5, lag(300)), times(100, lag(150))], connections: 'some', requests: 'none' },
  { name: 'memory is high once', loads: [times(2, memory(0.97)), times(1, calm)], connections: 'none', requests: 'none' },
  { name: 'memory stays above 90 %', loads: [times(3, memory(0.91))], connections: 'none', requests: 'all' },
  { name: 'memory stays above 95 %', loads: [times(3, memory(0.95))], connections: 'all', requests: 'all' },
  { name: 'below 90 % again, but not far', loads: [times(3, memory(0.91)), times(50, memory(0.86))], connections: 'none', requests: 'all' },
  { name: 'back below 85 %', loads: [times(3, memory(0.91)), times(1, memory(0.84))], connections: 'none', requests: 'none' },
  { name: 'below 95 % again, but not far', loads: [times(3, memory(0.96)), times(50, memory(0.93))], connections: 'all', requests: 'all' },
  { name: 'back below 92 %', loads: [times(3, memory(0.96)), times(1, memory(0.91))], connections: 'none', requests: 'all' },
]

for (const { name, loads, connections, requests } of rows)
  t.test(`${name}: of connections ${connections}, of requests ${requests}`, (t) => {
    const shedding = new Shedding()
    shedding.use(after(...loads))
    t.equal(amount(shedding.ofConnections), connections, `connections: ${shedding.ofConnections}`)
    t.equal(amount(shedding.ofRequests), requests, `requests: ${shedding.ofRequests}`)
    t.end()
  })

function amount(share: number): string {
  return share === 0 ? 'none' : share === 1 ? 'all' : 'some'
}

t.test('which limit is told', (t) => {
  const shedding = new Shedding()
  shedding.use(after(times(60, lag(600))))
  t.same([shedding.connectionLimit, shedding.requestLimit], ['overload', 'overload'])
  shedding.use(after(times(3, memory(0.91))))
  t.same([shedding.connectionLimit, shedding.requestLimit], ['overload', 'memory'])
  shedding.use(after(times(3, memory(0.96))))
  t.same([shedding.connectionLimit, shedding.requestLimit], ['memory', 'memory'])
  t.end()
})

t.test('of any number in a row the share is turned away to within one', (t) => {
  for (const share of [0.05, 0.3, 0.5, 0.95, 1]) {
    const shedding = new Shedding()
    shedding.ofConnections = share
    shedding.ofRequests = share
    let connections = 0
    let requests = 0
    for (let n = 1; n <= 1_000; n++) {
      if (shedding.takesConnection()) connections++
      if (shedding.takesRequest()) requests++
      if (Math.abs(connections - n * share) > 1 || requests !== connections) t.fail(`${connections} and ${requests} of ${n} at ${share}`)
    }
  }
  t.end()
})
