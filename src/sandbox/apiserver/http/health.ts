import type { Answer } from './answer.ts'

const checks = ['ping', 'log', 'storage']
const paths: readonly string[] = ['/healthz', '/livez', '/readyz']

/** Answers /healthz, /livez and /readyz; undefined for every other path. */
export function answerHealth(path: string, query: URLSearchParams, isWritable: boolean): Answer | undefined {
  const at = paths.find((each) => path === each || path.startsWith(`${each}/`))
  if (at === undefined) return undefined
  const [, check] = path.slice(at.length).split('/')
  const asked = check === undefined || check === '' ? checks : checks.filter((each) => each === check)
  if (asked.length === 0) return { kind: 'text', code: 404, text: '404 page not found\n' }
  const isGood = (each: string): boolean => each !== 'storage' || isWritable
  const isWell = asked.every(isGood)
  if (isWell && !query.has('verbose')) return { kind: 'text', code: 200, text: 'ok' }
  const lines = asked.map((each) => (isGood(each) ? `[+]${each} ok` : `[-]${each} failed: reason withheld`))
  const text = `${lines.join('\n')}\n${at.slice(1)} check ${isWell ? 'passed' : 'failed'}\n`
  return { kind: 'text', code: isWell ? 200 : 500, text }
}
