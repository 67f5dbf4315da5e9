import type { Unstructured } from '../../../unstructured.ts'
import { immutable, invalid, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, number, text } from '../fields.ts'
import { qualifiedName } from '../names.ts'
import { type Errors, named } from './rules.ts'

/** How an event is asked for: the names of fields are the core group's in both. */
export type EventApi = 'core' | 'events'

export function* eventErrors(event: Fields, old: Unstructured | undefined, api: EventApi): Errors {
  yield* namespaceErrors(event)
  if (isSet(event.eventTime)) yield* reportErrors(event, api)
  if (api === 'core') return
  yield* old === undefined ? newErrors(event) : changeErrors(event, old)
}

function* namespaceErrors(event: Fields): Errors {
  const own = text(fields(event.metadata).namespace)
  const namespace = text(fields(event.involvedObject).namespace)
  const ofCluster = isSet(event.eventTime) ? ['default', 'kube-system'] : ['', 'default']
  const matches = namespace === '' ? ofCluster.includes(own) : isSet(event.eventTime) || namespace === own
  if (!matches) yield invalid('involvedObject.namespace', namespace, 'does not match event.namespace')
}

const limits: Readonly<Record<string, number>> = { reportingInstance: 128, action: 128, reason: 128, message: 1024 }

function* reportErrors(event: Fields, api: EventApi): Errors {
  const controller = api === 'core' ? 'reportingComponent' : 'reportingController'
  const reporter = text(event.reportingComponent)
  if (reporter === '') yield required(controller)
  yield* named(qualifiedName, reporter, controller)
  for (const [field, limit] of Object.entries(limits)) {
    const value = text(event[field])
    if (value === '' && field !== 'message') yield required(field)
    if (value.length > limit) yield invalid(field, '', `can have at most ${limit} characters`)
  }
}

function* newErrors(event: Fields): Errors {
  yield* seriesErrors(event.series)
  if (!isSet(event.eventTime)) yield required('eventTime')
  const type = text(event.type)
  if (type !== 'Normal' && type !== 'Warning') yield invalid('type', '', `has invalid value: ${type}`)
  for (const field of ['firstTimestamp', 'lastTimestamp', 'count'])
    if (isSet(event[field]) && event[field] !== 0) yield invalid(field, '', 'needs to be unset')
  const { component, host } = fields(event.source)
  if (text(component) !== '' || text(host) !== '') yield invalid('source', '', 'needs to be unset')
}

function* seriesErrors(series: unknown): Errors {
  if (!isFields(series)) return
  if (number(series.count) < 2) yield invalid('series.count', '', 'should be at least 2')
  if (!isSet(series.lastObservedTime)) yield required('series.lastObservedTime')
}

const fixed = ['involvedObject', 'reason', 'message', 'source', 'firstTimestamp', 'lastTimestamp', 'count', 'type', 'eventTime', 'action', 'related']

function* changeErrors(event: Fields, old: Fields): Errors {
  if ([...immutable('', event.series, old.series)].length > 0) yield* seriesErrors(event.series)
  for (const field of fixed) yield* immutable(field, event[field], old[field])
  yield* immutable('reportingController', event.reportingComponent, old.reportingComponent)
  yield* immutable('reportingInstance', event.reportingInstance, old.reportingInstance)
}
