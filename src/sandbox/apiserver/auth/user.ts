/** Who asks: `authentication.k8s.io/v1` UserInfo. */
export type User = {
  readonly username: string
  readonly uid?: string
  readonly groups: readonly string[]
  readonly extra?: Readonly<Record<string, readonly string[]>>
}

export const anonymous: User = { username: 'system:anonymous', groups: ['system:unauthenticated'] }

/** Everything is allowed to its members, whatever the roles say. */
export const masters = 'system:masters'
export const authenticated = 'system:authenticated'

export function serviceAccountUser(namespace: string, name: string, uid: string): User {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, authenticated],
  }
}
