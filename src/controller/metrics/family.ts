export type Sample = { readonly metricName?: string; readonly labels: Readonly<Record<string, string>>; readonly value: number }
export type Family = {
  readonly name: string
  readonly help: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly values: readonly Sample[]
}
