import { setTimeout as delay } from 'node:timers/promises'
import { describe } from './failure.ts'
import { note } from './output.ts'

/** How long to wait before the node is looked for again, in ms. */
const retryMs = { first: 100, max: 2_000 }

/**
 * Does work that ends when the node stops, and, with `isReconnecting`, again when it is back, until the signal. Any other
 * error is thrown, and so is the first one if there never was a node.
 */
export async function keepTrying(
  work: (onReady: () => void) => Promise<void>,
  { signal, isReconnecting }: { readonly signal: AbortSignal; readonly isReconnecting: boolean },
): Promise<void> {
  let hasBeen = false
  let waitMs = retryMs.first
  const onReady = (): void => {
    hasBeen = true
    waitMs = retryMs.first
  }
  while (!signal.aborted) {
    try {
      await work(onReady)
    } catch (error) {
      if (signal.aborted) return
      const code = describe(error)?.code
      const isAway = code === 'stopped' || code === 'not-running'
      if (!isReconnecting || !hasBeen || !isAway) throw error
      if (code === 'stopped') note('the node stopped; waiting for it')
    }
    await delay(waitMs, undefined, { signal }).catch(() => undefined)
    waitMs = Math.min(retryMs.max, waitMs * 2)
  }
}
