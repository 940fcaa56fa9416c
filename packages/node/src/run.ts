import { shortPeer, type StatusView } from '@grapevine/protocol'
import type { Config } from './config/option.ts'
import { loadConfig } from './config/load.ts'
import { watchCrashes } from './crash.ts'
import { createNode } from './create-node.ts'
import { Log, type LogOptions } from './log/log.ts'
import { onStopSignals } from './stop-signal.ts'
import type { Node } from './node.ts'

export { runNodeOnce } from './run-once.ts'

/** Options of {@link runNode}. */
export interface RunOptions {
  /** Options of this run; stronger than the environment, which is stronger than config.toml. */
  readonly config?: Partial<Config>
  readonly env?: NodeJS.ProcessEnv
  /** Whether a closed terminal (SIGHUP) leaves the node alone. */
  readonly ignoreHangup?: boolean
  readonly onReady?: (status: StatusView) => void
  /** Lines of the log for whoever watches: level `warn` and `error`. */
  readonly onLine?: LogOptions['onLine']
}

/**
 * Runs the node of a home in this process until SIGTERM, SIGINT, SIGHUP or `down`. Resolves when it is gone, 5 s after
 * that at the latest; a second signal ends the process at once with exit code 1. What nobody caught ends it with exit
 * code 70 (EX_SOFTWARE), after a line in the log. Errors: see `createNode`.
 */
export async function runNode(home: string, options: RunOptions = {}): Promise<void> {
  const { env = process.env, onLine } = options
  const { config } = loadConfig(home, { flags: options.config ?? {}, env })
  const log = new Log({ home, level: config['log.level'], ...(onLine && { onLine }) })
  const { promise: stopped, resolve: onStopped } = Promise.withResolvers<void>()
  const unwatch = watchCrashes(log)
  let node: Node | undefined
  let isAsked = false
  const stop = (): void => {
    isAsked = true
    if (node !== undefined) void node.stop().then(onStopped)
  }
  const offSignals = onStopSignals(log, { ignoreHangup: options.ignoreHangup === true, onStop: stop })
  try {
    node = await createNode({
      home,
      config,
      log,
      onStopped,
      onTwin: (toldBy) => log.part('node').debug('the twin was seen', { by: shortPeer(toldBy) }),
    })
    // A signal during the start.
    if (isAsked) stop()
    else options.onReady?.(node.status())
    await stopped
  } finally {
    offSignals()
    unwatch()
    log.close()
  }
}
