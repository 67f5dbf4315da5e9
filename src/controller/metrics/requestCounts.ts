import type { Transport } from '../../kube/sending.ts'
import type { Sample } from './family.ts'

/** A transport whose requests are counted, by kind, verb and status code. */
export function counted(transport: Transport): { readonly transport: Transport; requests(): readonly Sample[] } {
  const counts = new Map<string, { readonly labels: Readonly<Record<string, string>>; value: number }>()

  function count(method: string, path: string, code: string): void {
    const { kind, verb } = meaningOf(method, path)
    const key = `${kind} ${verb} ${code}`
    const known = counts.get(key) ?? { labels: { kind, verb, status_code: code }, value: 0 }
    known.value++
    counts.set(key, known)
  }

  return {
    transport: {
      async send(ask) {
        try {
          const reply = await transport.send(ask)
          count(ask.method, ask.path, String(reply.statusCode))
          return reply
        } catch (error) {
          if (!ask.signal.aborted) count(ask.method, ask.path, 'none')
          throw error
        }
      },
      close: () => transport.close(),
    },
    requests: () => [...counts.values()],
  }
}

const verbs: Readonly<Record<string, string>> = { POST: 'Create', PUT: 'Update', PATCH: 'Patch', DELETE: 'Delete' }

/** As upstream words it: `Create` of `replicasets`. */
function meaningOf(method: string, path: string): { readonly kind: string; readonly verb: string } {
  const [location = '', query = ''] = path.split('?')
  const parts = location.split('/').filter((part) => part !== '')
  const rest = parts.slice(parts[0] === 'api' ? 2 : 3)
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 ? rest.slice(2) : rest
  const [kind = 'Unknown', name] = inNamespace
  const reading = name !== undefined ? 'Get' : /(^|&)watch=/.test(query) ? 'Watch' : 'List'
  return { kind, verb: verbs[method] ?? reading }
}
