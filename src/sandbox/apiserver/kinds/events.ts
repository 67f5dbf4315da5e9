import type { Unstructured } from '../../unstructured.ts'
import { column, count, since, wide } from './cells.ts'
import { defineKind } from './define.ts'
import { type Fields, fields, isFields, isSet, number, text } from './fields.ts'
import type { Column, Kind } from './kind.ts'
import { eventErrors } from './validation/events.ts'
import { wireForm } from './wireForm.ts'

/** The fields whose names differ: in events.k8s.io, and in the core group, as which all are kept. */
const renamed = {
  regarding: 'involvedObject',
  note: 'message',
  reportingController: 'reportingComponent',
  deprecatedSource: 'source',
  deprecatedFirstTimestamp: 'firstTimestamp',
  deprecatedLastTimestamp: 'lastTimestamp',
  deprecatedCount: 'count',
} as const

const toCore = new Map<string, string>(Object.entries(renamed))
const fromCore = new Map<string, string>(Object.entries(renamed).map(([ours, core]) => [core, ours]))

function rename(object: Unstructured, names: ReadonlyMap<string, string>, apiVersion: string): Unstructured {
  const entries = Object.entries(object).map(([field, value]) => [names.get(field) ?? field, value])
  return { ...Object.fromEntries(entries), apiVersion } as Unstructured
}

/** How the core group's columns and fields see an event of either version. */
type Reading = (object: Unstructured) => Fields

/** Without a list's columns of its own: an event's name comes last, and when it was seen last comes first. */
function columnsBy(read: Reading): readonly Column[] {
  const firstSeen = (event: Fields, nowMs: number): string => since(event.firstTimestamp ?? event.eventTime, nowMs)
  const lastSeen = (event: Fields, nowMs: number): string => {
    if (isFields(event.series)) return since(event.series.lastObservedTime, nowMs)
    return isSet(event.lastTimestamp) ? since(event.lastTimestamp, nowMs) : firstSeen(event, nowMs)
  }
  const times = (event: Fields): number => (isFields(event.series) ? number(event.series.count) : number(event.count) || 1)
  return [
    column('Last Seen', 'When it happened last.', (each, nowMs) => lastSeen(read(each), nowMs)),
    column('Type', 'Whether it is normal or a warning.', (each) => text(read(each).type)),
    column('Reason', 'Why it was told, in one word.', (each) => text(read(each).reason)),
    column('Object', 'What it is about.', (each) => target(fields(read(each).involvedObject))),
    wide('Subobject', 'Which part of the object it is about.', (each) => text(fields(read(each).involvedObject).fieldPath)),
    wide('Source', 'Who told it.', (each) => source(read(each))),
    column('Message', 'What happened.', (each) => text(read(each).message).trim()),
    wide('First Seen', 'When it happened first.', (each, nowMs) => firstSeen(read(each), nowMs)),
    { ...count('Count', 'How often it has happened.', (each) => times(read(each))), type: 'string', priority: 1 },
    { ...wide('Name', 'The name of the event.', ({ metadata }) => metadata.name), format: 'name' },
  ]
}

function target({ kind, name }: Fields): string {
  return text(name) === '' ? text(kind).toLowerCase() : `${text(kind).toLowerCase()}/${text(name)}`
}

function source(event: Fields): string {
  const { component, host } = fields(event.source)
  const instance = text(host) || text(event.reportingInstance)
  return (text(component) || text(event.reportingComponent)) + (instance === '' ? '' : `, ${instance}`)
}

const objectFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath']

function selectableBy(read: Reading, objectField: string, controllerField: string): Kind['selectableFields'] {
  const ofObject = objectFields.map(
    (field) => [`${objectField}.${field}`, (each: Unstructured) => text(fields(read(each).involvedObject)[field])] as const,
  )
  return {
    ...Object.fromEntries(ofObject),
    reason: (each) => text(read(each).reason),
    type: (each) => text(read(each).type),
    [controllerField]: (each) => text(read(each).reportingComponent),
  }
}

const asCore: Reading = (object) => object
const common = {
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  storedAs: 'events',
  more: { allowsCreateOnUpdate: true },
} as const

export const coreEvent: Kind = {
  ...defineKind({
    ...common,
    group: '',
    errors: (event, old) => eventErrors(event, old, 'core'),
    selectableFields: {
      ...selectableBy(asCore, 'involvedObject', 'reportingComponent'),
      source: (event) => text(fields(event.source).component) || text(event.reportingComponent),
    },
  }),
  columns: columnsBy(asCore),
}

const fromNew: Reading = (object) => rename(object, toCore, 'v1')

export const event: Kind = {
  ...defineKind({
    ...common,
    group: 'events.k8s.io',
    shape: 'events.Event',
    errors: (event, old) => eventErrors(fromNew(event), old === undefined ? undefined : rename(old, toCore, 'v1'), 'events'),
    conversion: {
      toStored: (object) => wireForm('Event', rename(object, toCore, 'v1')) as Unstructured,
      fromStored: (object) => wireForm('events.Event', rename(object, fromCore, 'events.k8s.io/v1')) as Unstructured,
    },
    selectableFields: selectableBy(fromNew, 'regarding', 'reportingController'),
  }),
  columns: columnsBy(fromNew),
}
