/** Flags as given on the command line, by their camel-cased names. */
export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>
/** Does what a verb says and tells the exit code: 0 done, 1 failed, 2 usage. */
export type Run = (flags: Flags) => Promise<number>
