import type { Rollout } from '../../api/rollout.ts'
import { timestampOf } from '../../api/time.ts'
import { openInformers } from '../../kube/informers.ts'
import { keyOf } from '../../kube/resource.ts'
import { openEnding } from '../cluster/ending.ts'
import { rollouts } from '../cluster/resources.ts'
import type { Opened } from '../session.ts'
import { rolloutTable } from '../views/rolloutList.ts'

type Query = { readonly namespace?: string; readonly fieldSelector?: string }
type Columns = { readonly withNamespace: boolean; readonly withTimestamps: boolean }

/** A line for each rollout, and another whenever one looks different from before. */
export async function watchList(session: Opened, query: Query, { withNamespace, withTimestamps }: Columns): Promise<number> {
  const { client, surroundings, show, note } = session
  // What cannot be read is better told than waited for.
  await client.list(rollouts, { ...query, limit: 1 })
  const ending = openEnding(0)
  const said = new Map<string, string>()
  let isFirst = true
  const informers = openInformers({ client, onFailure: (_, error) => note(error.message) })
  const { store } = informers.of<Rollout>({ resource: rollouts, ...query })
  const end = store.subscribe((change) => {
    const key = keyOf(change.object)
    if (change.kind === 'deleted') {
      said.delete(key)
      return
    }
    const options = { withNamespace, timestamp: withTimestamps ? timestampOf(surroundings.now()) : undefined }
    // Columns keep their place however long names are, for lines come one by one.
    const [heading, row] = rolloutTable([change.object], options)
    const text = JSON.stringify(rolloutTable([change.object], { withNamespace }))
    if (said.get(key) === text || heading === undefined || row === undefined) return
    said.set(key, text)
    show(isFirst ? [heading, row] : [row])
    isFirst = false
  })
  try {
    await informers.run(ending.signal)
  } finally {
    end()
    ending.release()
  }
  return ending.exitCode(0)
}
