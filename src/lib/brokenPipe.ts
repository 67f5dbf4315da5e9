/**
 * What to do when nobody reads any more (`spillway --help | head -1`, or a log collector that died).
 * Without a reader of stdout there is nothing left to do; without one of stderr only the log is lost, and traffic goes on.
 */
export function outliveReaders({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): void {
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}
