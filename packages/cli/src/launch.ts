import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { NodeErrorCode } from '@grapevine/node/home'
import type { ErrorView, StatusView } from '@grapevine/protocol/control'
import { clientIn } from './context.ts'
import { CommandError, describe } from './failure.ts'

/** What a node that was launched tells its launcher, once. */
export type LaunchReport = { readonly ready: StatusView } | { readonly failed: ErrorView['error'] }

/** How a node is to run in the background. */
export interface LaunchOptions {
  readonly home: string
  /** Multiaddrs; absent: as configured. */
  readonly listen?: readonly string[] | undefined
  readonly announce?: readonly string[] | undefined
  /** `HOST:PORT` of the control API on TCP. */
  readonly api?: string | undefined
}

/** How long a node may take until it is ready, in ms. It takes less than a second; a slow disk may take more. */
const readyMsMax = 30_000

/** The status of the node of a home, which is started in the background unless it runs. Fails as `up` would. */
export async function ensureUp(
  options: LaunchOptions,
): Promise<{ readonly status: StatusView; readonly started: boolean }> {
  const running = await runningStatus(options.home)
  return running === undefined ? { status: await launch(options), started: true } : { status: running, started: false }
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
 * Runs this same program as a process of its own that outlives this one. The node logs to `node.log` in the home; what
 * Node itself has to say at a crash goes to `node.err`, which begins anew with each start.
 */
async function launch({ home, listen = [], announce = [], api }: LaunchOptions): Promise<StatusView> {
  const logFile = join(home, 'node.err')
  const log = openLog(logFile)
  const args = ['up', '--launched', '--home', home]
  for (const address of listen) args.push('--listen', address)
  for (const address of announce) args.push('--announce', address)
  if (api !== undefined) args.push('--api', api)
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
    cwd: home,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  if (log !== 'ignore') closeSync(log)
  try {
    return await reportOf(child, logFile)
  } finally {
    if (child.connected) child.disconnect()
    child.unref()
  }
}

/** A disk that is full must not keep the node from starting to say so. */
function openLog(path: string): number | 'ignore' {
  try {
    return openSync(path, 'w', 0o600)
  } catch {
    return 'ignore'
  }
}

function reportOf(child: ChildProcess, logFile: string): Promise<StatusView> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill()
      reject(new CommandError('timeout', `the node was not ready within ${readyMsMax / 1000} s`, `see ${logFile}`))
    }, readyMsMax)
    const settle = (): void => {
      clearTimeout(timer)
      child.removeAllListeners()
    }
    child.on('message', (report: LaunchReport) => {
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
        new CommandError(
          'internal',
          `the node ended at its start (${signal ?? `exit code ${code}`})`,
          `see ${logFile}`,
        ),
      )
    })
  })
}

/** Sends a report to the launcher and lets go of it. Nothing happens if it is gone. */
export async function reportToLauncher(report: LaunchReport): Promise<void> {
  if (process.send === undefined || !process.connected) return
  await new Promise<void>((resolve) => process.send!(report, () => resolve()))
  if (process.connected) process.disconnect()
}
