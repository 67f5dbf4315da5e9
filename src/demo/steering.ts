/** What the demo's keys do. */
import { readSplit, writeErrorRate, writeWeights } from './admin.ts'
import type { RunningVersion } from './versions.ts'
import { reasonOf, type Scene, type Watch } from './watch.ts'
import { nextWeights } from './weights.ts'

export type Steering = {
  readonly scene: Scene
  readonly watch: Watch
  readonly restart: (name: string) => Promise<RunningVersion>
  readonly quit: () => void
  readonly redraw: () => void
}

const stepShare = 0.05
const failingRate = 0.3
const keyCtrlC = '\u0003'

/** Takes keys one after the other: each acts on what the one before it has done. */
export function keyReader(steering: Steering): (key: string) => void {
  let last: Promise<void> = Promise.resolve()
  return (key) => {
    if (key === 'q' || key === 'Q' || key === keyCtrlC) return steering.quit()
    last = last
      .then(() => act(steering, key))
      .catch((error: unknown) => steering.watch.tell('problem', reasonOf(error)))
      .then(steering.redraw)
  }
}

async function act(steering: Steering, key: string): Promise<void> {
  if (key === '+' || key === '=') await moveWeight(steering, stepShare)
  else if (key === '-' || key === '_') await moveWeight(steering, -stepShare)
  else if (key === 'f' || key === 'F') await failOrHeal(steering)
}

async function moveWeight({ scene, watch }: Steering, byShare: number): Promise<void> {
  const present = await readSplit(scene.adminUrl, scene.split)
  const weights = nextWeights(present.backends, scene.canary, Math.round(present.totalWeight * byShare))
  const change = await writeWeights(scene.adminUrl, scene.split, present.etag, weights)
  await watch.poll()
  if (change.kind === 'applied') watch.tell('info', `${scene.canary} has weight ${weights[scene.canary]} of ${present.totalWeight} now`)
  else if (change.kind === 'stale') watch.tell('problem', 'the split was changed by somebody else just now; try again')
  else watch.tell('problem', `the edge refused the weights: ${change.message}`)
}

async function failOrHeal({ scene, watch, restart }: Steering): Promise<void> {
  const canary = scene.versions.get(scene.canary)
  if (canary === undefined) return
  if (canary.ended() !== undefined) {
    const restarted = await restart(canary.name)
    watch.tell('info', `${restarted.name} runs again, as process ${restarted.pid}`)
    return
  }
  const rate = watch.isCanaryFailing() ? 0 : failingRate
  const refusal = await writeErrorRate(canary.url, rate)
  await watch.poll()
  if (refusal !== undefined) watch.tell('problem', `${canary.name} refused: ${refusal}`)
  else watch.tell('info', rate === 0 ? `${canary.name} is healed` : `${canary.name} fails 3 times in 10 now`)
}
