import { type ChildProcess, spawn } from 'node:child_process'

/** Ends the process groups that it was told of when the sandbox is gone, however that came about. */
export type Warden = {
  watch(group: number): void
  forget(group: number): void
  /** Nothing is left to end. */
  stop(): void
}

/**
 * Reads what to watch until its input ends, which the kernel sees to when this process is gone. A shell, since it must be small and outlive us.
 * What has left its group is known by its environment, where /proc shows that.
 */
const script = `
trap '' HUP INT TERM QUIT
mark=$1
groups=' '
while read -r what group; do
  case $what in
    watch) groups="$groups$group " ;;
    forget) groups=\${groups%%" $group "*}' '\${groups#*" $group "} ;;
    stop) exit 0 ;;
  esac
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
[ -d /proc/self ] || exit 0
for round in 1 2 3; do
  found=
  for file in $(grep -lzsxF -- "$mark" /proc/[0-9]*/environ 2>/dev/null); do
    pid=\${file#/proc/}
    pid=\${pid%/environ}
    [ "$pid" = $$ ] || { kill -KILL "$pid" 2>/dev/null && found=1; }
  done
  [ "$found" ] || exit 0
done
`

/** `mark`: a variable and its value that every process of this sandbox has. `onLost`: it was ended by somebody else, and cannot be started again. */
export function startWarden(mark: string, onLost: (error: Error) => void): Warden {
  const watched = new Set<number>()
  let isStopped = false
  let starts = 0
  let child = start()

  function start(): ChildProcess {
    starts++
    const started = spawn('/bin/sh', ['-c', script, 'spillway-warden', mark], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: {} })
    started.once('error', (error) => onLost(error))
    started.once('exit', () => {
      if (isStopped) return
      if (starts > 100) onLost(new Error('the process that ends pods with the sandbox was killed again and again'))
      else child = start()
    })
    started.stdin!.on('error', () => undefined)
    started.unref()
    // Else the pipe to it would keep this process.
    ;(started.stdin as unknown as { unref(): void }).unref()
    for (const group of watched) started.stdin!.write(`watch ${group}\n`)
    return started
  }

  return {
    watch(group) {
      watched.add(group)
      child.stdin!.write(`watch ${group}\n`)
    },
    forget(group) {
      if (watched.delete(group)) child.stdin!.write(`forget ${group}\n`)
    },
    stop() {
      isStopped = true
      child.stdin!.end('stop\n')
    },
  }
}
