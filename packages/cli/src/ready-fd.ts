import { closeSync, fstatSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs'
import { CommandError } from './failure.ts'

/**
 * Refuses, with error `usage`, a file descriptor that the caller has not given us to write to. It need not be closed
 * then: Node keeps about twenty of its own, and a line in one of these, or its end, would break the process.
 */
export function requireReadyFd(fd: number): void {
  const fault = faultOf(fd)
  if (fault === undefined) return
  throw new CommandError(
    'usage',
    `file descriptor ${fd} is not ${fault}`,
    'for example: grapevine sub chat --ready-fd 3 3>ready',
  )
}

/** Writes a line to whoever waits, and leaves no more to wait for. */
export function writeReady(fd: number, line: string): void {
  try {
    writeSync(fd, `${line}\n`)
    if (fd > 2) closeSync(fd)
  } catch {
    // Whoever waited for the line is gone; the messages are still wanted.
  }
}

function faultOf(fd: number): string | undefined {
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile() && !stat.isFIFO() && !stat.isSocket() && !stat.isCharacterDevice()) return 'open'
  } catch {
    return 'open'
  }
  const target = linuxTarget(fd)
  if (target === undefined) return undefined
  if (target.isReadOnly) return 'open for writing'
  return target.name.startsWith('pipe:') && hasReader(target.name) ? 'open' : undefined
}

/** Whether we read from a pipe ourselves: Node does, from those by which its threads and signals wake it. */
const hasReader = (pipe: string): boolean =>
  readdirSync('/proc/self/fd').some((fd) => {
    const target = linuxTarget(Number(fd))
    return target?.name === pipe && target.isReadOnly
  })

/** What a descriptor stands for, where Linux tells. */
function linuxTarget(fd: number): { readonly name: string; readonly isReadOnly: boolean } | undefined {
  try {
    const flags = /^flags:\s*([0-7]+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]
    if (flags === undefined) return undefined
    return { name: readlinkSync(`/proc/self/fd/${fd}`), isReadOnly: (Number.parseInt(flags, 8) & 3) === 0 }
  } catch {
    return undefined
  }
}
