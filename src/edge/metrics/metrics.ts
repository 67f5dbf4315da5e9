import { type Metric, Registry } from '@prometheus-io/client'
import { families, type Scrape } from './families.ts'
import type { Family } from './series.ts'

/**
 * The text that Prometheus reads. All values lie in the counter blocks; they are summed for this one text and then forgotten, so that counting
 * a request costs array increments only.
 */
export async function renderMetrics(scrape: Scrape): Promise<{ readonly contentType: string; readonly body: string }> {
  const registry = new Registry()
  for (const family of families(scrape)) registry.registerMetric(asMetric(family))
  return { contentType: registry.contentType, body: await registry.metrics() }
}

/** The registry asks a metric for its name and for `get()`; the classes of the package, which keep values by themselves, are not needed. */
function asMetric(family: Family): Metric<string> {
  return { name: family.name, get: () => Promise.resolve(family) } as unknown as Metric<string>
}
