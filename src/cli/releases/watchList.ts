import type { Rollout } from '../../api/rollout.ts'
import { timestampOf } from '../../api/time.ts'
import { openInformers } from '../../kube/informers.ts'
import { keyOf } from '../../kube/resource.ts'
import { openEnding } from '../cluster/ending.ts'
import { rollouts } from '../cluster/resources.ts'
import type { Opened } from '../session.ts'
import { rolloutTable } from '../views/rolloutList.ts'
import { printable } from '../views/text.ts'

type Query = { readonly namespace?: string; readonly fieldSelector?: string }
type Columns = { readonly withNamespace: boolean; readonly withTimestamps: boolean }

/** A line for each rollout, and another whenever one looks different from before. */
export async function watchList(session: Opened, query: Query, columns: Columns): Promise<number> {
  const { client, note } = session
  // What cannot be read is better told than waited for.
  await client.list(rollouts, { ...query, limit: 1 })
  const ending = openEnding(0)
  const informers = openInformers({ client, onFailure: (_, error, failures) => failures === 3 && note(printable(error.message)) })
  const { store } = informers.of<Rollout>({ resource: rollouts, ...query })
  const changed = new Map<string, Rollout>()
  const tell = openTelling(session, columns)
  const end = store.subscribe(({ kind, object }) => {
    if (kind === 'deleted') tell.forget(keyOf(object))
    // Those of a list come one by one, and are told together.
    else if (changed.size === 0) setImmediate(flush)
    if (kind !== 'deleted') changed.set(keyOf(object), object)
  })
  function flush(): void {
    tell.all([...changed].sort(([a], [b]) => (a < b ? -1 : 1)))
    changed.clear()
  }
  try {
    await informers.run(ending.signal)
  } finally {
    end()
    ending.release()
  }
  return ending.exitCode(0)
}

type Telling = { all(rollouts: readonly (readonly [key: string, rollout: Rollout])[]): void; forget(key: string): void }

function openTelling({ surroundings, show }: Opened, { withNamespace, withTimestamps }: Columns): Telling {
  const said = new Map<string, string>()
  const widths: number[] = []
  // Lines that come later are to stand below those that are there.
  rolloutTable([], { withNamespace, timestamp: withTimestamps ? '' : undefined, widths })
  const statusColumn = widths.length - 7
  widths[statusColumn] = 'Progressing'.length
  let withHeading = true
  return {
    all(rollouts) {
      const news = rollouts.filter(([key, rollout]) => {
        const text = JSON.stringify(rolloutTable([rollout], { withNamespace, withHeading: false }))
        const isNew = said.get(key) !== text
        said.set(key, text)
        return isNew
      })
      if (news.length === 0) return
      const timestamp = withTimestamps ? timestampOf(surroundings.now()) : undefined
      show(
        rolloutTable(
          news.map(([, rollout]) => rollout),
          { withNamespace, timestamp, withHeading, widths },
        ),
      )
      withHeading = false
    },
    forget: (key) => void said.delete(key),
  }
}
