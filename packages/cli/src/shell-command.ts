import { spawn } from 'node:child_process'
import { formatElapsed } from './duration.ts'

/** A command for a shell, and what it gets. */
export interface ShellCommand {
  readonly command: string
  /** What it reads from standard input; it need not. */
  readonly input: Uint8Array
  readonly env: NodeJS.ProcessEnv
  /** It is killed after this long, with all that it has started. Absent: never. */
  readonly timeoutMs?: number | undefined
  /** Its standard output is kept, up to so many bytes; with more it is killed. Absent: it goes where ours goes. */
  readonly outputBytesMax?: number | undefined
}

/** How a command ended. */
export interface ShellOutcome {
  readonly output: Buffer
  /** What went wrong; absent: it ended with exit code 0. */
  readonly problem?: string
}

const running = new Set<number>()
let isWatched = false

/** Runs a command in a group of processes of its own, which ends with ours. Never rejects. */
export async function runShell(given: ShellCommand): Promise<ShellOutcome> {
  const { command, input, env, timeoutMs, outputBytesMax } = given
  const isKept = outputBytesMax !== undefined
  const { promise, resolve } = Promise.withResolvers<ShellOutcome>()
  const chunks: Buffer[] = []
  let size = 0
  const child = spawn(command, {
    shell: true,
    detached: true,
    stdio: ['pipe', isKept ? 'pipe' : 'inherit', 'inherit'],
    env,
  })
  const { pid } = child
  if (pid !== undefined) watchOver(pid)
  const end = (problem?: string): void =>
    resolve({ output: Buffer.concat(chunks), ...(problem !== undefined && { problem }) })
  const kill = (problem: string): void => {
    if (pid !== undefined) killGroup(pid)
    end(problem)
  }
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => kill(`no end within ${formatElapsed(timeoutMs)}`), Math.max(1, timeoutMs))
  child.on('error', ({ message }) => end(message))
  child.on('close', (code, signal) => {
    if (code === 0) end()
    else end(signal === null ? `exit code ${code}` : `killed by ${signal}`)
  })
  child.stdout?.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (isKept && size > outputBytesMax) kill(`more than ${outputBytesMax} bytes of output`)
    else chunks.push(chunk)
  })
  child.stdin!.on('error', () => undefined)
  child.stdin!.end(input)
  const outcome = await promise
  clearTimeout(timer)
  if (pid !== undefined) running.delete(pid)
  return outcome
}

function watchOver(pid: number): void {
  running.add(pid)
  if (isWatched) return
  isWatched = true
  process.on('exit', () => running.forEach(killGroup))
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
