import { forbidden, invalid, notSupported, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, items, number, text, texts } from '../fields.ts'
import { httpHeaderName } from '../names.ts'
import { type Errors, notNegative, portReference, requiredText } from './rules.ts'

const counts = ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']

/** All of a container's probes, and what happens when it starts and stops. */
export function* lifecycleErrors(container: Fields, path: string, graceSeconds: unknown): Errors {
  const { postStart, preStop } = fields(container.lifecycle)
  if (isFields(postStart)) yield* handlerErrors(postStart, `${path}.lifecycle.postStart`, graceSeconds)
  if (isFields(preStop)) yield* handlerErrors(preStop, `${path}.lifecycle.preStop`, graceSeconds)
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[field]
    if (!isFields(probe)) continue
    const at = `${path}.${field}`
    yield* probeErrors(probe, at, graceSeconds)
    const grace = `${at}.terminationGracePeriodSeconds`
    if (field !== 'readinessProbe' && probe.successThreshold !== 1)
      yield invalid(`${at}.successThreshold`, number(probe.successThreshold), 'must be 1')
    if (field === 'readinessProbe' && isSet(probe.terminationGracePeriodSeconds)) {
      yield invalid(grace, probe.terminationGracePeriodSeconds, 'must not be set for readinessProbes')
    }
  }
}

function* probeErrors(probe: Fields, path: string, graceSeconds: unknown): Errors {
  yield* handlerErrors(probe, path, graceSeconds)
  for (const field of counts) yield* notNegative(probe[field], `${path}.${field}`)
  const grace = probe.terminationGracePeriodSeconds
  if (isSet(grace) && number(grace) <= 0) yield invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0')
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const

function* handlerErrors(handler: Fields, path: string, graceSeconds: unknown): Errors {
  const set = handlers.filter((name) => isFields(handler[name]))
  if (set.length === 0) yield required(path, 'must specify a handler type')
  for (const [index, name] of set.entries()) {
    if (index > 0) yield forbidden(`${path}.${name}`, 'may not specify more than 1 handler type')
    else yield* actionErrors(name, fields(handler[name]), `${path}.${name}`, graceSeconds)
  }
}

function* actionErrors(name: (typeof handlers)[number], action: Fields, path: string, graceSeconds: unknown): Errors {
  switch (name) {
    case 'exec':
      if (texts(action.command).length === 0) yield required(`${path}.command`)
      return
    case 'httpGet': {
      yield* requiredText(action.path, `${path}.path`)
      yield* portReference(action.port, `${path}.port`)
      if (action.scheme !== 'HTTP' && action.scheme !== 'HTTPS') yield notSupported(`${path}.scheme`, text(action.scheme), ['HTTP', 'HTTPS'])
      for (const header of items(action.httpHeaders)) {
        yield* httpHeaderName(text(header.name)).map((message) => invalid(`${path}.httpHeaders`, text(header.name), message))
      }
      return
    }
    case 'tcpSocket':
    case 'grpc':
      yield* portReference(action.port, `${path}.port`)
      return
    case 'sleep': {
      const seconds = number(action.seconds)
      const because = `must be non-negative and less than terminationGracePeriodSeconds (${number(graceSeconds)})`
      if (isSet(graceSeconds) && (seconds < 0 || seconds > number(graceSeconds))) yield invalid(path, seconds, because)
    }
  }
}
