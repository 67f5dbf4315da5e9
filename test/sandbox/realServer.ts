// Asks the Kubernetes API server that $KUBECONFIG names. Only recorders of golden values use it; tests read what was recorded.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'undici'
import { parse } from 'yaml'
import type { JsonObject } from '../../src/sandbox/unstructured.ts'

export type Answer = { readonly code: number; readonly body: JsonObject; readonly warnings: readonly string[] }
export type Ask = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  sent?: { readonly body?: unknown; readonly type?: string; readonly userAgent?: string; readonly accept?: string },
) => Promise<Answer>

export function realServer(): Ask {
  const config = parse(readFileSync(process.env['KUBECONFIG'] ?? '', 'utf8'))
  const { server, 'certificate-authority': ca } = config.clusters[0].cluster
  const dispatcher = new Agent({ connect: { ca: readFileSync(ca), rejectUnauthorized: false } })
  return async (method, path, sent) => {
    const answer = await request(server + path, {
      method,
      dispatcher,
      headers: {
        authorization: `Bearer ${config.users[0].user.token}`,
        accept: sent?.accept ?? 'application/json',
        'content-type': sent?.type ?? 'application/json',
        'user-agent': sent?.userAgent ?? 'recorder/v1',
      },
      body: sent?.body === undefined ? null : typeof sent.body === 'string' ? sent.body : JSON.stringify(sent.body),
    })
    const warnings = [answer.headers['warning'] ?? []].flat()
    const text = await answer.body.text()
    return { code: answer.statusCode, body: text.startsWith('{') ? (JSON.parse(text) as JsonObject) : { message: text }, warnings }
  }
}
