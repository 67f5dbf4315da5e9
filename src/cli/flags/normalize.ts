/** Flags that stand alone or with `=true` and `=false`, as Go's flags do. */
const booleans = ['watch', 'full', 'all-namespaces', 'timestamps', 'short', 'no-color', 'global', 'insecure-skip-tls-verify', 'disable-compression']
const shortBooleans: Readonly<Record<string, string>> = { w: 'watch', A: 'all-namespaces' }

/** Command lines as users of kubectl write them, in the form that is parsed here: `--watch=false`, `-n=shop`. What follows `--` stays as it is. */
export function normalized(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  const flags = end < 0 ? args : args.slice(0, end)
  return [...flags.flatMap(normalizedOne), ...args.slice(flags.length)]
}

function normalizedOne(arg: string): readonly string[] {
  const [, dashes, name = '', value = ''] = /^(--?)([\w-]+?)=(.*)$/s.exec(arg) ?? []
  if (dashes === undefined) return [arg]
  const long = dashes === '--' ? name : shortBooleans[name]
  if (long !== undefined && booleans.includes(long)) {
    if (/^(true|t|1)$/i.test(value)) return [`--${long}`]
    if (/^(false|f|0)$/i.test(value)) return long === 'watch' ? ['--no-watch'] : []
  }
  return dashes === '-' && name.length === 1 ? [`-${name}`, value] : [arg]
}
