import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import { type Address, answersOf, type Client, clientOn } from '../http/client.ts'
import type { Message } from '../http/message.ts'

export type SecureClient = Client & { readonly secured: TLSSocket }

/** A handshake that is done, and a raw client on it. Rejects with what ended the handshake. No certificate is refused. */
export async function openSecure(address: Address, options: ConnectionOptions = {}, deadlineMs = 5_000): Promise<SecureClient> {
  const secured = connect({
    ...address,
    rejectUnauthorized: false,
    allowHalfOpen: true,
    ALPNProtocols: ['http/1.1'],
    ...options,
  } as ConnectionOptions)
  const late = setTimeout(() => secured.destroy(new Error(`no handshake within ${deadlineMs} ms`)), deadlineMs)
  try {
    await new Promise<void>((resolve, reject) => {
      secured.once('secureConnect', resolve)
      secured.once('error', reject)
      secured.once('close', () => reject(new Error('closed before the handshake was done')))
    })
  } finally {
    clearTimeout(late)
  }
  secured.removeAllListeners('error')
  return Object.assign(clientOn(secured), { secured })
}

/** One request on a connection of its own. */
export async function askSecure(address: Address, request: string, options: ConnectionOptions = {}): Promise<Message | undefined> {
  const client = await openSecure(address, options)
  const methods = [request.slice(0, request.indexOf(' '))]
  client.write(request)
  await client.until(() => answersOf(client, methods).length > 0 || client.end !== 'open', 5_000)
  client.socket.destroy()
  return answersOf(client, methods)[0]
}

/** How a handshake ended: the first name in the certificate that was presented, or the code of the error. */
export async function presented(address: Address, options: ConnectionOptions = {}): Promise<string> {
  try {
    const { secured } = await openSecure(address, options)
    const name = secured.getPeerX509Certificate()?.subjectAltName?.split(', ')[0] ?? 'no name'
    secured.destroy()
    return name
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}
