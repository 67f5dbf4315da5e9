import t from 'tap'
import type { KubeObject } from '../../../src/api/meta.ts'
import { startApiServer } from '../../../src/sandbox/apiserver/startApiServer.ts'
import { systemClock } from '../../../src/sandbox/controllers/clock.ts'
import { clusterRoleAggregationController } from '../../../src/sandbox/controllers/clusterRoles.ts'
import { startRunner } from '../../../src/sandbox/controllers/runner.ts'

type Role = KubeObject & { readonly rules?: readonly { readonly resources?: readonly string[] }[] }
const clusterRoles = 'clusterroles.rbac.authorization.k8s.io'

t.test('a role with the label of another has its rules there, at once and for as long as it has it', async (t) => {
  const server = await startApiServer()
  const runner = startRunner({
    cluster: server.cluster.as('kube-controller-manager'),
    controllers: [clusterRoleAggregationController],
    clock: systemClock,
  })
  t.teardown(async () => {
    runner.stop()
    await server.stop()
  })
  const { cluster } = server
  const resourcesOf = (name: string): readonly string[] =>
    (cluster.find<Role>(clusterRoles, { name })?.rules ?? []).flatMap(({ resources = [] }) => resources)
  /** Until the controller has written that much. */
  const until = async (isSo: () => boolean): Promise<void> => {
    if (isSo()) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = cluster.follow([clusterRoles], () => isSo() && resolve())
    await Promise.race([promise, new Promise((_, reject) => setTimeout(reject, 5_000, new Error('not within 5 s')).unref())]).finally(end)
  }
  await until(() => resourcesOf('admin').includes('rolebindings') && resourcesOf('admin').includes('pods'))
  const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' }
  const role: Role = {
    metadata: { name: 'view-rollouts', labels },
    rules: [{ verbs: ['get'], apiGroups: ['argoproj.io'], resources: ['rollouts'] } as object],
  }
  const made = cluster.create(clusterRoles, role)
  await until(() => ['view', 'edit', 'admin'].every((name) => resourcesOf(name).includes('rollouts')))
  t.ok(resourcesOf('view').includes('rollouts'))
  t.notOk(resourcesOf('cluster-admin').includes('rollouts'))
  cluster.update(clusterRoles, { ...made, metadata: { ...made.metadata, labels: {} } })
  await until(() => !resourcesOf('view').includes('rollouts'))
})
