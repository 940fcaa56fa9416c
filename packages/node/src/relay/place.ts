import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readIfPresent, writeError } from '../home/durable-file.ts'
import { holderOf, type HomeLock, lockHome } from '../home/lock.ts'
import { NodeError } from '../error.ts'
import type { RelayState } from './status.ts'

/** A relay of a home, running or not. */
export interface RelayView extends RelayState {
  readonly relay: string
  /** The script. */
  readonly file: string
  /** Absent if it does not run. */
  readonly pid?: number
  /** When it was started, ISO 8601. */
  readonly started: string
  /** Why it ended, if it failed. */
  readonly error?: string
}

/** Folder of a relay: its log, its status, its lock, and what the script keeps there. */
export const relayDirectory = (home: string, name: string): string => join(home, 'relays', name)

const statusFile = (directory: string): string => join(directory, 'status.json')

/** Takes the folder of a relay for this process; makes it where there is none. Errors: `running`, `disk`. */
export async function lockRelay(home: string, name: string): Promise<HomeLock> {
  const directory = relayDirectory(home, name)
  try {
    mkdirSync(join(directory, 'files'), { recursive: true, mode: 0o700 })
  } catch (error) {
    throw writeError(directory, error)
  }
  try {
    return await lockHome(directory)
  } catch (error) {
    if (!(error instanceof NodeError) || error.code !== 'running') throw error
    const pid = (await holderOf(directory))?.pid
    const by = pid === undefined ? '' : ` (process ${pid})`
    throw new NodeError('running', `relay ${name} runs already${by}`, `stop it with: grapevine relay stop ${name}`, {
      cause: error,
    })
  }
}

/** Replaces what is said of a relay. A disk that takes no more costs the status, never the relay. */
export function writeStatus(home: string, view: RelayView): void {
  const file = statusFile(relayDirectory(home, view.relay))
  try {
    writeFileSync(`${file}.new`, JSON.stringify(view), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  } catch {}
}

/** A relay by name. Error `not-found`. */
export async function readRelay(home: string, name: string): Promise<RelayView> {
  const directory = relayDirectory(home, name)
  const view = parsed(readIfPresent(statusFile(directory)))
  if (view === undefined) throw new NodeError('not-found', `there is no relay ${name}`, 'see: grapevine relay ls')
  const holder = await holderOf(directory)
  if (holder !== undefined) return { ...view, ...(holder.pid !== undefined && { pid: holder.pid }) }
  const { pid: _, ...ended } = view
  // A process that was killed could not say so.
  return { ...ended, state: ended.state === 'failed' ? 'failed' : 'stopped' }
}

/** All relays that ever ran in a home, by name. */
export async function listRelays(home: string): Promise<RelayView[]> {
  const views: RelayView[] = []
  for (const name of namesIn(join(home, 'relays')).toSorted()) {
    const view = await readRelay(home, name).catch(() => undefined)
    if (view !== undefined) views.push(view)
  }
  return views
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function parsed(text: string | undefined): RelayView | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as RelayView)
  } catch {
    return undefined
  }
}
