/** How OpenAPI names things of a group and version. */

export type GroupVersion = { readonly group: string; readonly version: string }

/** `apis/apps/v1`, `api/v1`. */
export function pathOf({ group, version }: GroupVersion): string {
  return group === '' ? `api/${version}` : `apis/${group}/${version}`
}

/** As operations have it: `AppsV1`, `CoreV1`, `RbacAuthorizationV1`. */
export function operationPart({ group, version }: GroupVersion): string {
  return [...groupWords(group), version].map(capital).join('')
}

/** `apps_v1`, `rbacAuthorization_v1`. */
export function tagOf({ group, version }: GroupVersion): string {
  const [first = '', ...rest] = groupWords(group)
  return `${[first, ...rest.map(capital)].join('')}_${version}`
}

/** `com.example.shop.v1.Basket`, for a custom kind. */
export function customDefinition({ group, version }: GroupVersion, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.')
}

function groupWords(group: string): readonly string[] {
  if (group === '') return ['core']
  return group
    .replace(/\.k8s\.io$/, '')
    .split(/[.-]/)
    .filter((word) => word !== '')
}

export function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
