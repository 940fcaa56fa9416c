import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** How long to wait before a command that ended is started again, in ms. */
const retryMs = { first: 250, max: 30_000 }

/** What to do with one run of a command. */
export type CommandRun = (child: ChildProcess & { readonly pid: number }) => Promise<void>

/**
 * Runs a shell command again and again, with pauses that grow while it fails at once; until the signal, which ends it. `run`
 * is given each process and resolves when it is over.
 */
export async function keepRunning(
  command: string,
  {
    signal,
    run,
    onEnd,
  }: { readonly signal: AbortSignal; readonly run: CommandRun; readonly onEnd: (why: string) => void },
): Promise<void> {
  for (let waitMs = retryMs.first; !signal.aborted;) {
    const started = performance.now()
    const child = spawn(command, { shell: true, stdio: ['pipe', 'pipe', 'inherit'], detached: true })
    const stop = (): void => endGroup(child)
    signal.addEventListener('abort', stop)
    // What it did not read is sent to the next one.
    child.stdin.on('error', () => undefined)
    const closed = once(child, 'close').catch((error: unknown) => [(error as Error).message])
    if (child.pid !== undefined) await run(child as Parameters<CommandRun>[0])
    stop()
    const [code, killedBy] = await closed
    signal.removeEventListener('abort', stop)
    if (signal.aborted) return
    onEnd(typeof code === 'number' ? `exit code ${code}` : String(killedBy ?? code))
    if (performance.now() - started > retryMs.max) waitMs = retryMs.first
    await delay(waitMs, undefined, { signal }).catch(() => undefined)
    waitMs = Math.min(retryMs.max, 2 * waitMs)
  }
}

/** The shell and what it started. */
function endGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || (exitCode !== null && signalCode !== null)) return
  try {
    process.kill(-pid, 'SIGTERM')
  } catch {}
}
