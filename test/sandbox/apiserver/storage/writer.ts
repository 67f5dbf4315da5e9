/** Writes to a data folder until it is killed, and tells of each revision that would survive. */
import { openJournal } from '../../../../src/sandbox/apiserver/storage/journal.ts'
import { openStore } from '../../../../src/sandbox/apiserver/storage/store.ts'

const store = openStore({ history: { maxEvents: 100, maxAgeMs: 60_000 }, nowMs: Date.now, onListenerError: console.error })
const journal = openJournal(store, { folder: process.argv[2]!, snapshotBytes: 5_000, onError: console.error })
for (let at = 1; process.connected; at++) {
  store.put('configmaps', `default/n${at}`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `n${at}`, namespace: 'default' } })
  await journal.settled()
  process.send?.(store.revision())
}
