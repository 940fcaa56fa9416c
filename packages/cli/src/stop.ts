import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { clientIn } from './context.ts'
import { CommandError, describe } from './failure.ts'

/** How long a node may take to leave and end, in ms: it drains for at most 5 s. */
const stopMsMax = 15_000
/** How long a process that starts may take until its socket answers, in ms. */
const answerMsMax = 2000

/**
 * Stops the node of a home, and resolves with its process id once that process is gone; with undefined if no node was
 * running. Errors: `timeout` if it does not end, `running` if a process has the home but does not answer.
 */
export async function stopNode(home: string): Promise<number | undefined> {
  const pid = await askToStop(home)
  if (pid === undefined) return undefined
  const deadline = performance.now() + stopMsMax
  while (isAlive(pid)) {
    if (performance.now() > deadline) {
      throw new CommandError(
        'timeout',
        `process ${pid} was asked to stop, but is still there`,
        `end it with: kill -9 ${pid}`,
      )
    }
    await delay(20)
  }
  return pid
}

async function askToStop(home: string): Promise<number | undefined> {
  const { holderOf } = await import('@grapevine/node/home')
  const client = await clientIn(home)
  const deadline = performance.now() + answerMsMax
  for (;;) {
    const holder = await holderOf(home)
    try {
      return (await client.call('stop', {}, { signal: answerLimit(holder?.pid) })).pid
    } catch (error) {
      const code = describe(error)?.code
      // It was stopping already, and closed the socket under the call.
      if (code === 'stopped') return holder?.pid
      if (code !== 'not-running') throw error
    }
    if (holder === undefined) return undefined
    if (performance.now() > deadline) {
      const { pid } = holder
      throw new CommandError(
        'running',
        `${pid === undefined ? 'a process' : `process ${pid}`} has this home, but does not answer`,
        pid === undefined ? `see: ${join(home, 'node.log')}` : `end it with: kill ${pid}`,
      )
    }
    await delay(50)
  }
}

/** Fires when a process that hangs has not even said that it will stop. */
function answerLimit(pid: number | undefined): AbortSignal {
  const limit = new AbortController()
  const name = pid === undefined ? 'the node' : `process ${pid}`
  const hint = pid === undefined ? undefined : `end it with: kill -9 ${pid}`
  const failure = new CommandError('timeout', `${name} does not answer`, hint)
  setTimeout(() => limit.abort(failure), stopMsMax).unref()
  return limit.signal
}

/** A process that has ended but was not yet collected by its parent counts as gone. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return process.platform !== 'linux'
  }
}
