import { type Metric, Registry } from '@prometheus-io/client'
import { families, type Scrape } from './families.ts'
import type { Family } from './family.ts'

/** The text that Prometheus reads. */
export async function renderMetrics(scrape: Scrape): Promise<{ readonly contentType: string; readonly body: string }> {
  const registry = new Registry()
  for (const family of families(scrape)) registry.registerMetric(asMetric(family))
  return { contentType: registry.contentType, body: await registry.metrics() }
}

/** The registry asks a metric for its name and for `get()`. */
function asMetric(family: Family): Metric<string> {
  return { name: family.name, get: () => Promise.resolve(family) } as unknown as Metric<string>
}
