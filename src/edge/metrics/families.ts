import type { Routing } from '../../core/routing/types.ts'
import type { BackendSeries } from '../blocks.ts'
import type { MetricAlias } from '../config.ts'
import { at, codes, failureKinds, healthAt, limitKinds, mirrorAt, mirrorOutcomes, pickReasons, workerAt } from '../counters.ts'
import type { NameCounts } from '../names/names.ts'
import type { SourceStatus } from '../source/source.ts'
import { aliasFamilies } from './aliases.ts'
import { byName, type Family, histogram, merged, once, perBackend, requests, type Sample, weightsOf } from './series.ts'

/** What one scrape tells, gathered at one moment. */
export type Scrape = {
  readonly series: readonly BackendSeries[]
  /** Laid out by `workerAt`. */
  readonly worker: Float64Array
  /** Under which further names requests are told. */
  readonly aliases: readonly MetricAlias[]
  /** What the main thread did with the lines that workers handed over. */
  readonly accessLog: { readonly written: number; readonly dropped: number }
  readonly certificates: readonly { readonly file: string; readonly expiresAt: Date }[]
  readonly names: NameCounts
  /** `stalls`: how often the event loop of one stood still. */
  readonly workers: { readonly wanted: number; readonly serving: number; readonly replaced: number; readonly stalls: number }
  /** Undefined: it is here. */
  readonly source: SourceStatus | undefined
  readonly table: { readonly version: number; readonly appliedAt: Date | undefined; readonly rejected: number; readonly routing: Routing | undefined }
  readonly build: { readonly version: string; readonly node: string }
  readonly process: { readonly cpuSeconds: number; readonly residentBytes: number; readonly startedAt: Date; readonly openFiles: number | undefined }
}

export function families(scrape: Scrape): readonly Family[] {
  const series = merged(scrape.series)
  return [
    counter('spillway_edge_requests_total', 'Requests answered, by the backend that they were meant for.', series.flatMap(requests)),
    histogram('spillway_edge_request_duration_seconds', 'From the first byte of a request to the last of its answer.', series, at.duration),
    histogram(
      'spillway_edge_upstream_duration_seconds',
      "From a request's head sent upstream to the head of the answer.",
      series,
      at.upstreamDuration,
    ),
    counter(
      'spillway_edge_split_decisions_total',
      'Choices of a backend, by their reason. Of new sessions: weight; of requests that no route decided: weight and sticky.',
      series.flatMap(byName('reason', pickReasons, at.picks)),
    ),
    counter(
      'spillway_edge_upstream_failures_total',
      'Exchanges that failed by the account of the edge.',
      series.flatMap(byName('kind', failureKinds, at.failures)),
    ),
    perBackend('counter', 'spillway_edge_client_aborts_total', 'Requests whose client went away before the whole answer.', series, at.clientAborts),
    perBackend('counter', 'spillway_edge_retries_total', 'Requests sent a second time, in the same backend.', series, at.retries),
    perBackend('counter', 'spillway_edge_tunnels_total', 'Connections that were upgraded to tunnels.', series, at.tunnels),
    perBackend('counter', 'spillway_edge_request_bytes_total', 'Bytes of request bodies and tunnels towards the backend.', series, at.requestBytes),
    perBackend('counter', 'spillway_edge_response_bytes_total', 'Bytes of answer bodies and tunnels from the backend.', series, at.responseBytes),
    perBackend('gauge', 'spillway_edge_requests_in_flight', 'Requests that have a backend and no complete answer yet.', series, at.inFlight),
    perBackend('gauge', 'spillway_edge_tunnels_open', 'Tunnels open now.', series, at.openTunnels),
    ...healthFamilies(series),
    ...mirrorFamilies(scrape.series, scrape.table.routing),
    ...aliasFamilies(scrape.aliases, scrape.series, scrape.table.routing),
    ...connectionFamilies(scrape.worker),
    ...pressureFamilies(scrape),
    ...tlsFamilies(scrape),
    ...nameFamilies(scrape.names),
    ...accessLogFamilies(scrape),
    ...tableFamilies(scrape.table),
    ...sourceFamilies(scrape.source),
    ...processFamilies(scrape),
  ]
}

function healthFamilies(series: readonly BackendSeries[]): Family[] {
  return [
    perBackend('counter', 'spillway_edge_endpoint_ejections_total', 'Times that a worker took an endpoint out of use.', series, healthAt.ejections),
    perBackend('gauge', 'spillway_edge_endpoints_ejected', 'Endpoints that are out of use now, summed over the workers.', series, healthAt.ejected),
    perBackend('gauge', 'spillway_edge_requests_queued', 'Requests that wait for a connection to an endpoint.', series, healthAt.queued),
  ]
}

/** Of backends that mirrors copy requests to, or have copied some. */
function mirrorFamilies(series: readonly BackendSeries[], routing: Routing | undefined): Family[] {
  const isTarget = ({ split, backend }: BackendSeries): boolean =>
    routing?.splits.some(({ name, mirrors }) => name === split && mirrors?.some((mirror) => mirror.backend === backend)) ?? false
  const hasCopies = ({ cells }: BackendSeries): boolean => mirrorOutcomes.some((_, i) => cells[mirrorAt.outcomes + i]! > 0)
  const mirrored = merged(series.filter((each) => isTarget(each) || hasCopies(each)))
  return [
    counter(
      'spillway_edge_mirrored_requests_total',
      'Copies of requests for mirrors, by what became of them; requests_total has none of them.',
      mirrored.flatMap(byName('outcome', mirrorOutcomes, mirrorAt.outcomes)),
    ),
    histogram('spillway_edge_mirrored_duration_seconds', 'From the copy of a request sent to the head of its answer.', mirrored, mirrorAt.duration),
  ]
}

function connectionFamilies(worker: Float64Array): Family[] {
  return [
    counter('spillway_edge_answered_total', 'Requests that the edge answered itself, without a backend.', answered(worker)),
    counter('spillway_edge_connections_total', 'Connections of clients that were accepted.', only(worker[workerAt.connections])),
    counter(
      'spillway_edge_connections_refused_total',
      'Connections of clients closed at once, beyond the limit.',
      only(worker[workerAt.connectionsRefused]),
    ),
    counter('spillway_edge_broken_heads_total', 'Connections that ended within the head of a request.', only(worker[workerAt.brokenHeads])),
    gauge('spillway_edge_connections_open', 'Connections of clients open now.', only(worker[workerAt.openConnections])),
    counter('spillway_edge_upstream_connections_total', 'Connections opened to backends.', only(worker[workerAt.upstreamConnections])),
    gauge(
      'spillway_edge_upstream_connections_open',
      'Connections to backends open now, idle ones included.',
      only(worker[workerAt.openUpstreamConnections]),
    ),
  ]
}

function pressureFamilies({ worker, workers }: Scrape): Family[] {
  const limited = limitKinds.map((limit, i) => ({ labels: { limit }, value: worker[workerAt.limited + i]! }))
  return [
    counter('spillway_edge_limited_total', 'Requests, connections and tries that met a limit.', limited),
    gauge(
      'spillway_edge_event_loop_lag_seconds',
      'The longest that the event loop of a worker was late, in the last 10 to 20 seconds.',
      only(worker[workerAt.lagMs]! / 1000),
    ),
    counter('spillway_edge_event_loop_stalls_total', 'Times that the event loop of a worker stood still for 2 seconds.', only(workers.stalls)),
  ]
}

function accessLogFamilies({ accessLog, worker }: Scrape): Family[] {
  const dropped = worker[workerAt.accessLogDropped]! + accessLog.dropped
  return [
    counter('spillway_edge_access_log_lines_total', 'Lines of the access log that were written.', only(accessLog.written)),
    counter(
      'spillway_edge_access_log_dropped_total',
      'Lines of the access log that were dropped, because writing was too slow or failed.',
      only(dropped),
    ),
  ]
}

function tlsFamilies({ worker, certificates }: Scrape): Family[] {
  const expiries = certificates.map(({ file, expiresAt }) => ({ labels: { file }, value: expiresAt.getTime() / 1000 }))
  return [
    counter('spillway_edge_tls_handshakes_total', 'TLS handshakes that were done.', only(worker[workerAt.handshakes])),
    counter('spillway_edge_tls_handshake_failures_total', 'TLS handshakes that began and came to nothing.', only(worker[workerAt.handshakeFailures])),
    gauge('spillway_edge_tls_certificate_expiry_timestamp_seconds', 'When a certificate in use expires.', expiries),
  ]
}

function nameFamilies({ resolutions, names, refused }: NameCounts): Family[] {
  const outcomes = Object.entries(resolutions).map(([outcome, value]) => ({ labels: { outcome }, value }))
  const perName = (value: (of: NameCounts['names'][number]) => number): Sample[] =>
    names.map((of) => ({ labels: { name: of.name }, value: value(of) }))
  return [
    counter('spillway_edge_dns_resolutions_total', 'Times that names of endpoints were asked for, by what came of it.', outcomes),
    gauge(
      'spillway_edge_dns_addresses',
      'Addresses that a name stands for now.',
      perName(({ addresses }) => addresses),
    ),
    gauge(
      'spillway_edge_dns_stale_seconds',
      'By how much the addresses of a name have outlived their time to live.',
      perName(({ staleSeconds }) => staleSeconds),
    ),
    gauge(
      'spillway_edge_targets_refused',
      'Addresses of endpoints that are left out, because nothing may be sent there.',
      [...refused].map(([endpoint, value]) => ({ labels: { endpoint }, value })),
    ),
  ]
}

function tableFamilies(table: Scrape['table']): Family[] {
  const weights = (table.routing?.splits ?? []).flatMap(weightsOf)
  const appliedSeconds = table.appliedAt === undefined ? undefined : table.appliedAt.getTime() / 1000
  return [
    gauge('spillway_edge_weight_configured', 'The weight that a backend has in the table in use.', once(weights)),
    gauge('spillway_edge_config_generation', 'The version of the table in use by all workers.', only(table.version)),
    gauge('spillway_edge_config_applied_timestamp_seconds', 'When the table in use was applied by all workers.', only(appliedSeconds)),
    counter('spillway_edge_config_rejected_total', 'Configurations that were refused as a whole.', only(table.rejected)),
  ]
}

/** Of an edge that follows a cluster. */
function sourceFamilies(source: SourceStatus | undefined): Family[] {
  if (source === undefined) return []
  const refused = [...source.refused].map(([kind, value]) => ({ labels: { kind }, value }))
  return [
    gauge('spillway_edge_control_plane_connected', 'Whether the edge hears from the API server.', only(source.connected ? 1 : 0)),
    gauge('spillway_edge_table_age_seconds', 'How long ago the table in use was what the API server said.', only(source.ageSeconds)),
    gauge('spillway_edge_objects_refused', 'Objects, or parts of them, that are not served as they say.', refused),
  ]
}

function processFamilies({ workers, build, process }: Scrape): Family[] {
  return [
    gauge('spillway_edge_workers', 'Worker threads that the edge is to have.', only(workers.wanted)),
    gauge('spillway_edge_workers_serving', 'Worker threads that serve by the table in use.', only(workers.serving)),
    counter('spillway_edge_workers_replaced_total', 'Worker threads that ended and were replaced.', only(workers.replaced)),
    gauge('spillway_edge_build_info', 'Always 1; the labels tell what runs.', [{ labels: { ...build }, value: 1 }]),
    counter('process_cpu_seconds_total', 'CPU time of the process, all threads, user and system.', only(process.cpuSeconds)),
    gauge('process_resident_memory_bytes', 'Memory of the process that is in RAM.', only(process.residentBytes)),
    gauge('process_start_time_seconds', 'When the process started.', only(process.startedAt.getTime() / 1000)),
    gauge('process_open_fds', 'Open files and sockets of the process.', only(process.openFiles)),
  ]
}

function answered(worker: Float64Array): Sample[] {
  const samples: Sample[] = []
  for (const [c, code] of codes.entries()) {
    const value = worker[workerAt.answered + c]!
    // As with requests: those that an alert asks for are there at 0.
    if (value > 0 || code === 400 || code === 404) samples.push({ labels: { code: String(code) }, value })
  }
  return samples
}

function counter(name: string, help: string, values: readonly Sample[]): Family {
  return { name, help, type: 'counter', values }
}

function gauge(name: string, help: string, values: readonly Sample[]): Family {
  return { name, help, type: 'gauge', values }
}

function only(value: number | undefined): Sample[] {
  return value === undefined ? [] : [{ labels: {}, value }]
}
