/** What went wrong, and what to do about it. */

import { nearest } from '../../core/routing/nearest.ts'
import type { KubeClient } from '../../kube/client.ts'
import { isKubeError, type KubeError } from '../../kube/errors.ts'
import type { Resource } from '../../kube/resource.ts'
import { explain } from '../../lib/explain.ts'
import { printable } from '../views/text.ts'
import { Refusal } from './carryOut.ts'

/** What was asked for. */
export type Asked = { readonly resource: Resource; readonly namespace: string; readonly name?: string }

type Where = { readonly client: KubeClient; readonly server: string; readonly program: string }

/** One line, or a few; nothing of it can do anything to a terminal. */
export async function explainFailure(error: unknown, asked: Asked, where: Where): Promise<string> {
  const { resource, name } = asked
  if (error instanceof Refusal)
    return printable(name === undefined ? error.message : `${singular(resource)} ${JSON.stringify(name)}: ${error.message}`)
  if (!isKubeError(error)) return lines(explain(error))
  return lines(await explainKubeError(error, asked, where))
}

async function explainKubeError(error: KubeError, asked: Asked, { client, server, program }: Where): Promise<string> {
  const said = error.message.replace(/^[A-Z]+ \/\S*: /, '')
  switch (error.kind) {
    case 'noAnswer':
      return `cannot reach the API server at ${server}: ${causeOf(error) ?? said}\nIs the cluster up, and is this the right one? See: kubectl config get-contexts; choose with --context or KUBECONFIG`
    case 'unauthorized':
      return `the API server at ${server} does not accept these credentials: ${said}\nLog in again, or choose another user with --user or --context`
    case 'forbidden':
      return `not allowed: ${said}\nWhat you may do: kubectl auth can-i --list -n ${asked.namespace}`
    case 'notFound':
      return missing(asked, client, program)
    case 'conflict':
      return `somebody else keeps changing it: ${said}\nNothing was lost; try again`
    case 'tooManyRequests':
    case 'unavailable':
      return `the API server at ${server} cannot do it now: ${said}\nTry again in a moment`
    default:
      return said
  }
}

async function missing({ resource, namespace, name }: Asked, client: KubeClient, program: string): Promise<string> {
  const what = singular(resource)
  const scope = resource.namespaced ? { namespace } : {}
  const known = await client.list(resource, scope).catch((error: unknown) => (isKubeError(error, 'notFound') ? undefined : []))
  if (known === undefined)
    return `this cluster does not know ${resource.name} (${resource.group}/${resource.version})\nInstall the definitions: kubectl apply --server-side -f charts/spillway/crds`
  const names = 'items' in known ? known.items.map(({ metadata }) => metadata.name) : []
  const place = resource.namespaced ? ` in namespace ${namespace}` : ''
  const near = name === undefined ? undefined : nearest(name, names)
  const hint =
    near !== undefined
      ? `\nDid you mean ${near}?`
      : names.length === 0
        ? `\nThere are none here; in all namespaces: ${program} list ${resource.name} -A`
        : `\nThere ${names.length === 1 ? 'is' : 'are'}: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}`
  return `no ${what} ${name === undefined ? '' : `${JSON.stringify(name)}`}${place}${hint}`
}

function singular({ kind }: Resource): string {
  return kind.charAt(0).toLowerCase() + kind.slice(1)
}

function causeOf({ cause }: KubeError): string | undefined {
  if (!(cause instanceof Error)) return undefined
  const code = 'code' in cause ? String(cause.code) : ''
  const known: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'nothing listens there',
    ENOTFOUND: 'there is no host of that name',
    EHOSTUNREACH: 'there is no way to that host',
    ETIMEDOUT: 'it does not answer',
    CERT_HAS_EXPIRED: 'its certificate has expired',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not signed by an authority that the kubeconfig names',
    SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by an authority that the kubeconfig names',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by an authority that the kubeconfig names',
  }
  return known[code] ?? (cause.message || undefined)
}

function lines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n')
}
