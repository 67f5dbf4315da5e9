/** The page that a version of the demo app shows of itself: (facts → HTML). */

export type PageFacts = {
  readonly version: string
  readonly host: string
  readonly requestNumber: number
  readonly errorRate: number
  readonly latencyMs: number
}

/** v1 and v2 have fixed hues far from each other; any other version gets one from its name, so that it keeps it. */
export function hueOf(version: string): number {
  if (version === 'v1') return 200
  if (version === 'v2') return 35
  let hue = 7
  for (const char of version) hue = (hue * 31 + char.charCodeAt(0)) % 360
  return hue
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char] ?? char)
}

export function renderPage(facts: PageFacts): string {
  const version = escapeHtml(facts.version)
  const hue = hueOf(facts.version)
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${version} · Spillway demo</title>
<style>
  :root { color-scheme: light dark; --hue: ${hue} }
  body { margin: 0; font: 16px/1.6 system-ui, sans-serif; background: hsl(var(--hue) 60% 96%); color: hsl(var(--hue) 40% 14%) }
  main { max-width: 38rem; margin: 0 auto; padding: 12vh 1.5rem 3rem }
  h1 { margin: 0; font-size: 7rem; line-height: 1; letter-spacing: -.04em; color: hsl(var(--hue) 85% 38%) }
  code { padding: .1em .35em; border-radius: .3em; background: hsl(var(--hue) 50% 89%); font-size: .9em }
  dt { margin-top: 1.2rem; font-weight: 600 }
  dd { margin: 0 }
  footer { margin-top: 2.5rem; font-size: .875rem; opacity: .75 }
  @media (prefers-color-scheme: dark) {
    body { background: hsl(var(--hue) 35% 9%); color: hsl(var(--hue) 25% 88%) }
    h1 { color: hsl(var(--hue) 85% 62%) }
    code { background: hsl(var(--hue) 30% 19%) }
  }
</style>
<main>
  <h1>${version}</h1>
  <p>answered this request: its number ${facts.requestNumber}, on ${escapeHtml(facts.host)}.</p>
  <dl>
    <dt>Reload</dt>
    <dd>and the <b>weight</b> decides anew which version answers: at 95 to 5, exactly one request in twenty reaches v2.</dd>
    <dt>Send <code>X-Canary: true</code></dt>
    <dd>and the <b>header</b> decides before any weight: v2 answers, even at weight 0. That is how testers see a release first.</dd>
    <dt>Read <code>/api</code></dt>
    <dd>for the same facts as JSON, or the <code>x-version</code> header of any answer.</dd>
  </dl>
  <footer>This version fails ${(facts.errorRate * 100).toFixed(0)} % of its requests on purpose and takes about ${facts.latencyMs} ms for each.</footer>
</main>
</html>
`
}
