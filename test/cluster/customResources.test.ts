// The custom resources at a real API server: the same checks as at the sandbox.
import t from 'tap'
import { checkCustomResources } from '../api/customResourceChecks.ts'
import { lacksKubectl } from '../sandbox/clients/replay.ts'
import { openShell } from '../sandbox/clients/shell.ts'
import { lacksCluster, startCluster } from './cluster.ts'

t.setTimeout(240_000)

t.test('kubectl finds at a cluster what it finds at the sandbox', { skip: lacksCluster() || lacksKubectl() }, async (t) => {
  const cluster = await startCluster()
  const shell = openShell(cluster.kubeconfig)
  t.teardown(async () => {
    shell.close()
    await cluster.close()
  })
  await checkCustomResources(t, shell)
})
