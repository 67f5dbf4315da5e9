export type LogFields = Readonly<Record<string, string | number>>

/** What the edge has to say to its operator. Never given tokens, headers or bodies. */
export type EdgeLog = {
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
}
