import { setTimeout as delay } from 'node:timers/promises'
import { randomBytes } from '../../lib/crypto.ts'
import type { AddressTrouble } from '../addresses.ts'
import type { CertificateFiles, EdgeConfig } from '../config.ts'
import type { Lane } from '../lane.ts'
import type { EdgeLog } from '../log.ts'
import { type Watch, type WatchTimes, watchPath } from '../source/file/watch.ts'
import { type CertificateOutcome, type Loaded, loadCertificate } from './certificateFiles.ts'
import { type Certificate, idOf, mentionsIn, secretsIn, type TlsMaterial } from './material.ts'

type Listeners = Pick<EdgeConfig, 'listeners' | 'secrets'>

/** The certificates of the TLS listeners: read and judged here, by the main thread, and kept in step with their files. */
export type Certificates = {
  /**
   * To be called in the lane, before a configuration is applied; `commit` or `discard` follows. A certificate in use whose files are broken now
   * stays: a change elsewhere in the configuration is not held up by it.
   */
  prepare(config: Listeners): Promise<readonly AddressTrouble[]>
  commit(config: Listeners): void
  discard(): void
  /** Undefined: no listener has TLS. The same object as long as it holds the same. */
  materialFor(config: Listeners): TlsMaterial | undefined
  expiries(): readonly { readonly file: string; readonly expiresAt: Date }[]
  close(): void
}

export type CertificateTimes = {
  readonly watch: WatchTimes
  /** Whoever writes may be between the certificate and its key: only what is wrong for this long is told. */
  readonly rereadMs: number
  /**
   * A stolen ticket key opens the connections of this time that were resumed by TLS 1.2, and no others. Each change costs every client one full
   * handshake: Node takes one set of keys, and to keep the one before would take `enableTicketKeyCallback`, which it does not document.
   */
  readonly ticketKeysMs: number
}
const usualTimes: CertificateTimes = { watch: { settleMs: 20, settleMaxMs: 200, pollMs: 2_000 }, rereadMs: 300, ticketKeysMs: 86_400_000 }

type Follower = { readonly stop: AbortController; readonly watches: readonly Watch[] }

/** `onRenewed` is called in the lane when workers are to be given new material for the configuration in use. */
export function openCertificates(options: {
  readonly lane: Lane
  readonly log: EdgeLog
  onRenewed(): Promise<void>
  readonly times?: Partial<CertificateTimes>
}): Certificates {
  const { lane, log, onRenewed } = options
  const times = { ...usualTimes, ...options.times }
  const present = new Map<string, Loaded>()
  const candidates = new Map<string, Loaded>()
  const followers = new Map<string, Follower>()
  /** By id, what was last told of it, so that it is told once. */
  const told = new Map<string, string>()
  let secrets: ReturnType<typeof secretsIn> = []
  /** The latest that workers were given, and what it was made of. */
  let given: { readonly found: ReadonlyMap<string, Certificate>; readonly material: TlsMaterial } | undefined
  let ticketKeys = randomBytes(48)
  const rotation = setInterval(() => {
    ticketKeys = randomBytes(48)
    void lane(onRenewed)
  }, times.ticketKeysMs)
  rotation.unref()

  function keepOld(files: CertificateFiles, why: { readonly file: string; readonly message: string }): void {
    const id = idOf(files)
    const line = `${why.file} ${why.message}`
    if (told.get(id) === line) return
    told.set(id, line)
    log.error('a certificate was not taken, the one before stays in use', { file: why.file, reason: why.message })
  }

  function welcome(files: CertificateFiles, loaded: Loaded): void {
    told.delete(idOf(files))
    const fields = { file: files.cert, names: loaded.names.join(' '), expires: loaded.expiresAt.toISOString() }
    if (isExpired(loaded)) log.warn('a certificate has expired: clients will not trust it', fields)
    else if (loaded.names.length === 0) log.warn('a certificate names no host (subjectAltName): clients will not trust it', fields)
    else log.info('a certificate is in use', fields)
  }

  /** What the files hold now becomes what is served, unless that would be a step back. */
  async function renew(files: CertificateFiles, outcome: CertificateOutcome): Promise<void> {
    const id = idOf(files)
    const before = present.get(id)
    if (before === undefined) return
    if (outcome.kind === 'fault') return keepOld(files, outcome)
    const { loaded } = outcome
    if (isSame(before, loaded)) {
      told.delete(id)
      return
    }
    if (isExpired(loaded) && !isExpired(before)) return keepOld(files, { file: files.cert, message: `expired on ${loaded.expiresAt.toISOString()}` })
    present.set(id, loaded)
    await onRenewed()
    welcome(files, loaded)
  }

  function follow(files: CertificateFiles): Follower {
    const stop = new AbortController()
    const watches = [files.cert, files.key].map((path) => watchPath(path, times.watch))
    for (const watch of watches) void followOne(files, watch, stop.signal)
    return { stop, watches }
  }

  async function followOne(files: CertificateFiles, watch: Watch, signal: AbortSignal): Promise<void> {
    try {
      while (!signal.aborted) {
        await watch.changed()
        if (signal.aborted) return
        let outcome = await loadCertificate(files)
        if (outcome.kind === 'fault') {
          await delay(times.rereadMs, undefined, { signal })
          outcome = await loadCertificate(files)
        }
        await lane(async () => (signal.aborted ? undefined : renew(files, outcome)))
      }
    } catch (error) {
      if (signal.aborted) return
      log.error('a certificate is not followed any more, the one in use stays', { file: files.cert, error: String(error) })
    }
  }

  function unfollow(id: string): void {
    const follower = followers.get(id)
    followers.delete(id)
    follower?.stop.abort()
    for (const watch of follower?.watches ?? []) watch.close()
  }

  return {
    async prepare(config) {
      candidates.clear()
      const trouble: AddressTrouble[] = []
      const outcomes = new Map<string, CertificateOutcome>()
      for (const { field, files } of mentionsIn(config)) {
        const id = idOf(files)
        const outcome = outcomes.get(id) ?? (await loadCertificate(files))
        outcomes.set(id, outcome)
        const before = present.get(id)
        if (outcome.kind === 'loaded') {
          if (before === undefined || !isExpired(outcome.loaded) || isExpired(before)) candidates.set(id, outcome.loaded)
        } else if (before !== undefined) keepOld(files, outcome)
        else trouble.push({ field: `${field}.${outcome.part}`, message: `${outcome.file} ${outcome.message}`, fix: outcome.fix })
      }
      return trouble
    },
    commit(config) {
      secrets = secretsIn(config)
      const wanted = new Map(mentionsIn(config).map(({ files }) => [idOf(files), files]))
      for (const [id, files] of wanted) {
        const loaded = candidates.get(id)
        const before = present.get(id)
        if (loaded !== undefined && (before === undefined || !isSame(before, loaded))) {
          present.set(id, loaded)
          welcome(files, loaded)
        }
        if (!followers.has(id)) followers.set(id, follow(files))
      }
      candidates.clear()
      for (const id of [...followers.keys()]) if (!wanted.has(id)) unfollow(id)
      for (const id of [...present.keys()]) if (!wanted.has(id)) present.delete(id)
    },
    discard: () => candidates.clear(),
    materialFor(config) {
      const files = mentionsIn(config).map(({ files }): [string, Certificate] => [
        idOf(files),
        candidates.get(idOf(files)) ?? present.get(idOf(files))!,
      ])
      const found = new Map<string, Certificate>([...files, ...secretsIn(config)])
      if (found.size === 0) return undefined
      if (given !== undefined && given.material.ticketKeys === ticketKeys && isSameSet(given.found, found)) return given.material
      const certificates = new Map([...found].map(([id, { cert, key, names }]) => [id, { cert, key, names }]))
      given = { found, material: { ticketKeys, certificates } }
      return given.material
    },
    expiries: () => [
      ...[...present].map(([id, { expiresAt }]) => ({ file: id.slice(0, id.indexOf('\n')), expiresAt })),
      ...secrets.map(([id, { expiresAt }]) => ({ file: id, expiresAt })),
    ],
    close() {
      clearInterval(rotation)
      for (const id of [...followers.keys()]) unfollow(id)
    },
  }
}

function isExpired({ expiresAt }: Loaded): boolean {
  return expiresAt.getTime() <= Date.now()
}

function isSameSet(a: ReadonlyMap<string, Certificate>, b: ReadonlyMap<string, Certificate>): boolean {
  return a.size === b.size && [...a].every(([id, certificate]) => b.get(id) === certificate)
}

function isSame(a: Loaded, b: Loaded): boolean {
  return a.cert === b.cert && a.key === b.key
}
