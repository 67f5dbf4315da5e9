import type { Scenario, Step } from './scenarios.ts'

export type StepRequest = { readonly method: 'POST' | 'PUT' | 'PATCH'; readonly path: string; readonly type: string; readonly body: string }

/** The request that a step makes, of an object of this name. */
export function stepRequest({ apiVersion, plural }: Scenario, step: Step, at: { readonly namespace: string; readonly name: string }): StepRequest {
  const version = step.apiVersion ?? apiVersion
  const base = `${version.includes('/') ? '/apis' : '/api'}/${version}/namespaces/${at.namespace}/${plural}`
  const subresource = step.subresource === undefined ? '' : `/${step.subresource}`
  const place = `${base}/${at.name}${subresource}?fieldManager=${step.as}${step.force ? '&force=true' : ''}`
  const body = JSON.stringify(step.body).replaceAll('NAME', at.name)
  switch (step.do) {
    case 'create':
      return { method: 'POST', path: `${base}?fieldManager=${step.as}`, type: 'application/json', body }
    case 'update':
      return { method: 'PUT', path: place, type: 'application/json', body }
    case 'merge':
      return { method: 'PATCH', path: place, type: 'application/merge-patch+json', body }
    case 'apply':
      return { method: 'PATCH', path: place, type: 'application/apply-patch+yaml', body }
  }
}
