import type { Log } from './log/log.ts'

/** How long a stop may take before the process ends all the same, in ms. */
const drainMsMax = 5_000

/**
 * Calls `onStop` at the first SIGTERM, SIGINT or SIGHUP. A second one ends the process at once with exit code 1; if the
 * stop takes more than 5 s, the process ends then, with exit code 0. nohup cannot be honoured: Node itself takes SIGHUP
 * back from being ignored. Returns what undoes it.
 */
export function onStopSignals(
  log: Log,
  { ignoreHangup, onStop }: { readonly ignoreHangup: boolean; readonly onStop: () => void },
): () => void {
  const part = log.part('node')
  let isStopping = false
  let timer: NodeJS.Timeout | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isStopping) {
      part.warn('ended by a second signal', { signal })
      log.flush()
      process.exit(1)
    }
    isStopping = true
    part.debug('asked to stop', { signal })
    timer = setTimeout(() => {
      part.warn('the stop took too long: what was still under way is lost', { ms: drainMsMax })
      log.flush()
      process.exit(0)
    }, drainMsMax)
    timer.unref()
    onStop()
  }
  const onHangup = ignoreHangup ? (): void => part.debug('the terminal is gone') : onSignal
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  process.on('SIGHUP', onHangup)
  return () => {
    clearTimeout(timer)
    process.off('SIGTERM', onSignal)
    process.off('SIGINT', onSignal)
    process.off('SIGHUP', onHangup)
  }
}
