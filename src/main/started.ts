import type { Environment } from '../config/reader.ts'

/** How this process was started. */
export type Started = {
  readonly env: Environment
  readonly version: string
  /** The file that runs, by which it is run again. */
  readonly program: string
}
