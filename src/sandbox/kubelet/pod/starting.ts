import { randomBytes } from 'node:crypto'
import type { Container } from '../../../api/container.ts'
import type { Pod } from '../../../api/pod.ts'
import type { Told } from '../../events.ts'
import { commandOf, findExecutable } from '../environment/command.ts'
import type { PodFacts } from '../environment/downward.ts'
import { expand } from '../environment/expand.ts'
import { textsIn } from '../environment/lookup.ts'
import { type Folders, placer, volumeVariable } from '../environment/places.ts'
import { type Resolved, type Variables, variablesOf } from '../environment/variables.ts'
import { findImage, type Image, missingImage, tagOf } from '../images.ts'
import { logFolder, logPath } from '../logs/containerLog.ts'
import { privilegedPort } from '../network/collisions.ts'
import type { PodAddress } from '../probes/network.ts'
import type { PodContext } from './context.ts'
import { type LiveContainer, runWithin, tailOf } from './live.ts'
import type { ContainerRecord, Delay, EndedRun, Run } from './record.ts'

/** What a pod has when its containers start. */
export type Ground = {
  readonly pod: Pod
  readonly facts: PodFacts
  readonly folders: Folders
  readonly address: PodAddress
  readonly kubeconfig: string | undefined
}

export type Starting = {
  readonly container: Container
  readonly attempt: number
  readonly record: ContainerRecord
  readonly ground: Ground
  readonly context: PodContext
  readonly tell: (told: Told) => void
}

export type Started =
  | { readonly kind: 'running'; readonly run: Run; readonly live: LiveContainer }
  /** Tried again later. */
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string; readonly againMs: number; readonly pulls?: PullDelay }
  /** It was made, and its program could not be run. */
  | { readonly kind: 'broken'; readonly run: EndedRun; readonly message: string }

type PullDelay = Delay & { readonly message: string }

export async function startContainer(starting: Starting): Promise<Started> {
  const pulled = pull(starting)
  if ('reason' in pulled) return pulled
  const { container, ground, context, attempt, tell } = starting
  const place = placer(container.volumeMounts ?? [], ground.folders)
  const variables = environmentOf(starting, pulled, place)
  if (variables.kind === 'error') {
    tell({ type: 'Warning', reason: 'Failed', message: `Error: ${variables.error}` })
    return { kind: 'waiting', reason: 'CreateContainerConfigError', message: variables.error, againMs: context.nowMs() + context.waits.retryMs }
  }
  const argv = commandOf(container, pulled.argv, { variables: variables.value, place })
  tell({ type: 'Normal', reason: 'Created', message: `Created container: ${container.name}` })
  const run: Run = {
    id: randomBytes(32).toString('hex'),
    attempt,
    imageId: pulled.id,
    startedAtMs: context.nowMs(),
    isStarted: false,
    isReady: false,
  }
  const found = findExecutable(argv[0] ?? '', { path: variables.value['PATH'], directory: context.workingDirectory })
  if ('error' in found) {
    const message = `unable to start process: ${found.error}`
    tell({ type: 'Warning', reason: 'Failed', message: `Error: ${message}` })
    const exit = { exitCode: 128, reason: 'StartError', message, finishedAtMs: context.nowMs() }
    return { kind: 'broken', run: { ...run, startedAtMs: 0, exit }, message }
  }
  const low = privilegedPort(container.name, portOf(container, ground.address), context.lowestPort)
  if (low !== undefined) tell(low)
  const live = await spawn({ ...starting, variables: variables.value, run, argv: [found.file, ...argv.slice(1)] })
  tell({ type: 'Normal', reason: 'Started', message: `Started container ${container.name}` })
  return { kind: 'running', run, live }
}

/** The image, or why the container waits for it. */
function pull({ container, record, context, tell }: Starting): Image | Extract<Started, { kind: 'waiting' }> {
  const { image = '', imagePullPolicy } = container
  const nowMs = context.nowMs()
  const found = findImage(context.images, image)
  if (found !== undefined) {
    if (imagePullPolicy === 'Always') {
      tell({ type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` })
      const message = `Successfully pulled image "${image}" in 0s (0s including waiting). Image size: 0 bytes.`
      tell({ type: 'Normal', reason: 'Pulled', message })
    } else tell({ type: 'Normal', reason: 'Pulled', message: `Container image "${image}" already present on machine` })
    return found
  }
  const failed = (reason: string, message: string, againMs: number, pulls?: PullDelay): Extract<Started, { kind: 'waiting' }> => {
    tell({ type: 'Warning', reason: 'Failed', message: `Error: ${reason}` })
    return { kind: 'waiting', reason, message, againMs, ...(pulls !== undefined && { pulls }) }
  }
  const { pulls, retryMs } = context.waits
  if (imagePullPolicy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`
    tell({ type: 'Warning', reason: 'ErrImageNeverPull', message })
    return failed('ErrImageNeverPull', `${message}: ${missingImage(image)}`, nowMs + retryMs)
  }
  const before = record.pulls
  if (before !== undefined && nowMs - before.sinceMs < before.delayMs) {
    tell({ type: 'Normal', reason: 'BackOff', message: `Back-off pulling image "${image}"` })
    return failed('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${before.message}`, before.sinceMs + before.delayMs)
  }
  const message = missingImage(image)
  tell({ type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` })
  tell({ type: 'Warning', reason: 'Failed', message: `Failed to pull image "${image}": ${message}` })
  const delayMs = before === undefined ? pulls.firstMs : Math.min(2 * before.delayMs, pulls.longestMs)
  return failed('ErrImagePull', message, nowMs + Math.min(1_000, delayMs / 2), { delayMs, sinceMs: nowMs, message })
}

/** Where a container should listen: its first port. */
export function portOf({ ports = [] }: Container, address: PodAddress): number | undefined {
  const port = ports.find(({ protocol = 'TCP' }) => protocol === 'TCP')?.containerPort
  return port === undefined ? undefined : address.portOf(port)
}

function environmentOf({ container, ground, context }: Starting, image: Image, place: (text: string) => string): Resolved<Variables> {
  const { pod, facts, folders, address, kubeconfig } = ground
  const mounted = (container.volumeMounts ?? []).filter(({ name }) => folders[name] !== undefined)
  const port = portOf(container, address)
  const tag = tagOf(container.image ?? '')
  const given: Variables = {
    ...context.variables,
    ...Object.fromEntries(Object.entries(image.variables ?? {}).map(([name, value]) => [name, expand(value, { IMAGE_TAG: tag })])),
    IMAGE_TAG: tag,
    HOSTNAME: pod.spec.hostname ?? pod.metadata.name,
    HOST: address.ip,
    ...(port !== undefined && { PORT: String(port) }),
    ...Object.fromEntries(mounted.map(({ name }) => [volumeVariable(name), folders[name]!])),
    ...(kubeconfig !== undefined && { KUBECONFIG: kubeconfig }),
  }
  return variablesOf({ container, facts, lookup: textsIn(context.cluster, pod.metadata.namespace), given, place })
}

type Spawning = Starting & { readonly variables: Variables; readonly run: Run; readonly argv: readonly string[] }

async function spawn({ container, ground, context, variables, run, argv }: Spawning): Promise<LiveContainer> {
  const { processes, workingDirectory: directory, logs } = context
  const log = logs.open(logPath(logFolder(context.directory, ground.pod), container.name, run.id))
  const tail = tailOf()
  const child = await processes.start({
    file: argv[0]!,
    args: argv.slice(1),
    directory,
    variables,
    containerId: run.id,
    onOutput(stream, chunk) {
      log.append(stream, chunk)
      tail.add(chunk)
    },
  })
  void child.ended.then(() => log.close())
  const within = { processes, directory, variables, containerId: run.id }
  return {
    runId: run.id,
    child,
    target: { container, address: ground.address, run: (command, timeoutMs, signal) => runWithin(within, command, timeoutMs, signal) },
    prober: undefined,
    lastWords: tail.text,
  }
}
