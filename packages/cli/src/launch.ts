import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeErrorCode } from '@grapevine/node/home'
import type { ErrorView, StatusView } from '@grapevine/protocol/control'
import { clientIn } from './context.ts'
import { CommandError, describe } from './failure.ts'

/** What a process that was launched tells its launcher, once. */
export type LaunchReport<Ready> = { readonly ready: Ready } | { readonly failed: ErrorView['error'] }

/** How a node is to run in the background. */
export interface LaunchOptions {
  readonly home: string
  /** Multiaddrs; absent: as configured. */
  readonly listen?: readonly string[] | undefined
  readonly announce?: readonly string[] | undefined
  /** `HOST:PORT` of the control API on TCP. */
  readonly api?: string | undefined
  /** More of what `up` takes. */
  readonly args?: readonly string[] | undefined
}

/** How long a node or a relay may take until it is ready, in ms. It takes less than a second; a slow disk may take more. */
const readyMsMax = 30_000

/** The status of the node of a home, which is started in the background unless it runs. Fails as `up` would. */
export async function ensureUp(
  options: LaunchOptions,
): Promise<{ readonly status: StatusView; readonly started: boolean }> {
  const running = await runningStatus(options.home)
  return running === undefined
    ? { status: await launchNode(options), started: true }
    : { status: running, started: false }
}

async function runningStatus(home: string): Promise<StatusView | undefined> {
  const client = await clientIn(home)
  try {
    return await client.call('status', {})
  } catch (error) {
    if (describe(error)?.code === 'not-running') return undefined
    throw error
  }
}

/**
 * Runs this same program as a process of its own that outlives this one, and returns what it reports. A node logs to
 * `node.log` in its home; what Node itself has to say at a crash goes to `log`, which begins anew with each start.
 */
export async function launch<Ready>(
  args: readonly string[],
  { cwd, log: logFile, what }: { readonly cwd: string; readonly log: string; readonly what: string },
): Promise<Ready> {
  const log = openLog(logFile)
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    cwd,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  if (log !== 'ignore') closeSync(log)
  try {
    return await reportOf<Ready>(child, what, logFile)
  } finally {
    if (child.connected) child.disconnect()
    child.unref()
  }
}

function launchNode({ home, listen = [], announce = [], api, args: more = [] }: LaunchOptions): Promise<StatusView> {
  const args = ['up', '--launched', '--home', home, ...more]
  for (const address of listen) args.push('--listen', address)
  for (const address of announce) args.push('--announce', address)
  if (api !== undefined) args.push('--api', api)
  return launch<StatusView>(args, { cwd: home, log: join(home, 'node.err'), what: 'the node' })
}

/** A disk that is full must not keep the node from starting to say so. */
function openLog(path: string): number | 'ignore' {
  try {
    return openSync(path, 'w', 0o600)
  } catch {
    return 'ignore'
  }
}

function reportOf<Ready>(child: ChildProcess, what: string, logFile: string): Promise<Ready> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill()
      reject(new CommandError('timeout', `${what} was not ready within ${readyMsMax / 1000} s`, `see ${logFile}`))
    }, readyMsMax)
    const settle = (): void => {
      clearTimeout(timer)
      child.removeAllListeners()
    }
    child.on('message', (report: LaunchReport<Ready> | object) => {
      // A relay tells of its files first.
      if (!('ready' in report || 'failed' in report)) return
      settle()
      if ('ready' in report) return resolve(report.ready)
      const { code, message, hint } = report.failed
      reject(new CommandError(code as NodeErrorCode, message, hint))
    })
    child.on('error', (error) => {
      settle()
      reject(error)
    })
    // Not `exit`: messages that are under way still come before `close`.
    child.on('close', (code, signal) => {
      settle()
      reject(
        new CommandError('internal', `${what} ended at its start (${signal ?? `exit code ${code}`})`, `see ${logFile}`),
      )
    })
  })
}

/** Sends a report to the launcher and lets go of it. Nothing happens if it is gone. */
export async function reportToLauncher(report: LaunchReport<unknown>): Promise<void> {
  if (process.send === undefined || !process.connected) return
  await new Promise<void>((resolve) => process.send!(report, () => resolve()))
  if (process.connected) process.disconnect()
}
