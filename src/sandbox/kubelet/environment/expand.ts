/** Replaces `$(NAME)` by what `values` has of it; what it has not stays as it stands, and `$$` is one `$`, as in Kubernetes. */
export function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, after: string, name: string | undefined) => {
    if (after === '$') return '$'
    return name !== undefined && Object.hasOwn(values, name) ? values[name]! : whole
  })
}
