/** How programs are bundled: for the package, and for those that are measured as it is. */
import type { BuildOptions } from 'esbuild'

export const bundling = {
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minifySyntax: true,
  // Names stay: they are what stack traces and profiles are read by.
  minifyWhitespace: true,
  // CommonJS packages within ask for node's own modules by require.
  banner: { js: "import { createRequire as createRequireOfBundle } from 'node:module'; const require = createRequireOfBundle(import.meta.url);" },
  logLevel: 'warning',
} as const satisfies BuildOptions
