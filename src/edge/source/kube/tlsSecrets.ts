import type { Ingress, Secret } from '../../../api/ingress.ts'
import type { KubeClient } from '../../../kube/client.ts'
import { openReflector, type Reflector } from '../../../kube/reflector.ts'
import { secrets } from '../../../kube/resource.ts'
import type { SecretCertificate } from '../../config.ts'
import { judgeCertificate } from '../../tls/certificateFiles.ts'
import type { Refusal, Trouble } from './cluster.ts'

/** The TLS Secrets that Ingresses name, each followed by its name: an edge needs to read no other. */
export type TlsSecrets = {
  /** Follows those that these name, and no others. */
  want(ingresses: readonly Ingress[]): void
  /** Resolves once each is known, or known to be out of reach. */
  known(): Promise<void>
  /** Judges what has changed. The certificates in the order in which they are named: clients that ask for no name get the first. */
  present(): Promise<Certificates>
  close(): Promise<void>
}

export type Certificates = {
  readonly certificates: ReadonlyMap<string, SecretCertificate>
  readonly refusals: readonly Refusal[]
}

/** There may be many, and each is a watch of its own: they last longer than others. */
const times = { watchS: 300, backoff: { firstMs: 200, longestMs: 10_000 } }

type Following = {
  readonly namespace: string
  readonly name: string
  readonly reflector: Reflector<Secret>
  readonly stop: AbortController
  readonly run: Promise<void>
  readonly reached: Promise<void>
  judged: { readonly object: Secret | undefined; readonly trouble: Trouble | undefined } | undefined
  /** The latest that handshakes can be done with: one that breaks does not take it away. */
  good: SecretCertificate | undefined
}

export function followTlsSecrets(options: {
  readonly client: KubeClient
  onChange(): void
  onFailure(secret: string, error: Error): void
}): TlsSecrets {
  const { client, onChange, onFailure } = options
  const following = new Map<string, Following>()
  let order: readonly string[] = []

  function follow(namespace: string, name: string): Following {
    const reached = Promise.withResolvers<void>()
    const reflector = openReflector<Secret>(
      { resource: secrets, namespace, fieldSelector: `metadata.name=${name}` },
      {
        client,
        times,
        onFailure(error, failures) {
          reached.resolve()
          if (failures === 1) onFailure(`${namespace}/${name}`, error)
        },
      },
    )
    const stop = new AbortController()
    reflector.store.subscribe(onChange)
    const run = reflector.run(stop.signal)
    reflector.synced(stop.signal).then(
      () => {
        reached.resolve()
        onChange()
      },
      () => reached.resolve(),
    )
    return { namespace, name, reflector, stop, run, reached: reached.promise, judged: undefined, good: undefined }
  }

  async function judge(each: Following): Promise<void> {
    const object = each.reflector.store.get(`${each.namespace}/${each.name}`)
    if (each.reflector.state().kind === 'listing' || (each.judged !== undefined && each.judged.object === object)) return
    if (object === undefined) {
      // Deleted, or not there yet. What was good serves on: whoever replaces a Secret may delete it first.
      each.judged = { object, trouble: { message: 'there is no such Secret', fix: 'create it, of type kubernetes.io/tls' } }
      return
    }
    const outcome = await certificateIn(object)
    if (outcome.kind === 'fault') each.judged = { object, trouble: outcome }
    else {
      const { cert, key, names, expiresAt } = outcome.loaded
      const isWorse = isExpired(expiresAt) && each.good !== undefined && !isExpired(each.good.expiresAt)
      if (!isWorse) each.good = { cert, key, names, expiresAt }
      const expired = { message: `its certificate expired on ${expiresAt.toISOString()}`, fix: 'renew it' }
      each.judged = { object, trouble: isExpired(expiresAt) ? expired : undefined }
    }
  }

  return {
    want(ingresses) {
      const wanted = new Map<string, readonly [string, string]>()
      for (const { metadata, spec } of ingresses)
        for (const { secretName } of spec?.tls ?? [])
          if (secretName) wanted.set(`${metadata.namespace}/${secretName}`, [metadata.namespace ?? '', secretName])
      order = [...wanted.keys()]
      for (const [key, [namespace, name]] of wanted) if (!following.has(key)) following.set(key, follow(namespace, name))
      for (const [key, each] of following) {
        if (wanted.has(key)) continue
        each.stop.abort()
        following.delete(key)
      }
    },
    async known() {
      await Promise.all([...following.values()].map(({ reached }) => reached))
    },
    async present() {
      const certificates = new Map<string, SecretCertificate>()
      const refusals: Refusal[] = []
      for (const key of order) {
        const each = following.get(key)!
        await judge(each)
        if (each.good !== undefined) certificates.set(key, each.good)
        const trouble = each.judged?.trouble
        const fix = trouble === undefined || each.good === undefined ? trouble?.fix : `${trouble.fix}; the certificate before stays in use`
        if (trouble !== undefined)
          refusals.push({ kind: 'Secret', namespace: each.namespace, name: each.name, field: '', message: trouble.message, fix: fix ?? '' })
      }
      return { certificates, refusals }
    },
    async close() {
      const runs = [...following.values()].map(({ stop, run }) => {
        stop.abort()
        return run
      })
      following.clear()
      await Promise.all(runs)
    },
  }
}

type Fault = Trouble & { readonly kind: 'fault' }

/** Nothing of what it holds is in what is told of it. */
function certificateIn({ data }: Secret): ReturnType<typeof judgeCertificate<Fault>> {
  const told = (part: 'cert' | 'key', message: string, fix: string): Fault => ({
    kind: 'fault',
    message: `tls.${part === 'cert' ? 'crt' : 'key'} ${message}`,
    fix,
  })
  const texts = { cert: decoded(data?.['tls.crt']), key: decoded(data?.['tls.key']) }
  for (const part of ['cert', 'key'] as const)
    if (texts[part].trim() === '') return Promise.resolve(told(part, 'is empty', 'put the certificate and its private key into it, in PEM'))
  return judgeCertificate(texts, told, 'tls.crt')
}

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? '', 'base64').toString('latin1')
}

function isExpired(at: Date): boolean {
  return at.getTime() <= Date.now()
}
