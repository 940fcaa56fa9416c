import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ControlClient } from '../control/client.ts'
import { controlSocketOf } from '../home/socket-path.ts'
import { Log, type LogOptions } from '../log/log.ts'
import { lockRelay, relayDirectory, type RelayView, writeStatus } from './place.ts'
import type { Relay } from './relay.ts'
import { textOf } from './feed.ts'
import { RelayRuntime } from './runtime.ts'

export { listRelays, readRelay, relayDirectory, type RelayView } from './place.ts'
export type { RelayState, RelayTopicStatus } from './status.ts'

/** How to run a relay. */
export interface RunRelayOptions {
  /** Home of the node that it works with. */
  readonly home: string
  /** Its script, for people. */
  readonly file: string
  readonly signal: AbortSignal
  readonly onReady?: (view: RelayView) => void
  /** Every line of its log, for a person who watches. */
  readonly onLine?: LogOptions['onLine']
}

/** How often the status of a relay is written, in ms. */
const statusMs = 1_000

/**
 * Runs a relay against the node of a home, until the signal. Errors: `running` if it runs already; `not-running` without a
 * node; `held-otherwise` if a topic is held under other rules; and whatever the relay throws at its start.
 */
export async function runRelay(relay: Relay, { home, file, signal, onReady, onLine }: RunRelayOptions): Promise<void> {
  const lock = await lockRelay(home, relay.name)
  const directory = relayDirectory(home, relay.name)
  const log = new Log({ home: directory, onLine, lineLevel: 'info' })
  const part = log.part('relay')
  const gone = new AbortController()
  const runtime = new RelayRuntime(relay, {
    client: new ControlClient({ socketPath: controlSocketOf(home) }),
    directory: join(directory, 'files'),
    log: part,
    signal: AbortSignal.any([signal, gone.signal]),
    onReady: () => {
      part.info('the relay is ready')
      onReady?.(tell())
    },
  })
  const started = new Date().toISOString()
  const tell = (more: Partial<RelayView> = {}): RelayView => {
    const view = { relay: relay.name, file, pid: process.pid, started, ...runtime.state, ...more }
    writeStatus(home, view)
    return view
  }
  tell()
  const timer = setInterval(() => {
    // Whoever deleted the home wants no relay of it, and could not tell it to stop any more.
    if (existsSync(directory)) tell()
    else gone.abort()
  }, statusMs)
  try {
    await runtime.run()
    tell({ state: 'stopped' })
    part.info('the relay has stopped')
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    tell({ state: 'failed', error: text })
    part.error('the relay failed', { error: textOf(error) })
    throw error
  } finally {
    clearInterval(timer)
    log.close()
    lock.release()
  }
}
