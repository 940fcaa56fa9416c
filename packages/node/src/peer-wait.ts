import type { PublishOptions } from './api.ts'
import { NodeError } from './error.ts'

const waitMsDefault = 30_000
const pollMs = 25

/** Waits until a topic has enough peers, as `count` tells. Errors: `timeout`; the signal's reason; what `count` throws. */
export async function waitForPeers(topic: string, count: () => number, options: PublishOptions): Promise<void> {
  const { waitPeers = 1, timeoutMs = waitMsDefault, signal } = options
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const found = count()
    if (found >= waitPeers) return
    signal?.throwIfAborted()
    if (performance.now() >= deadline) {
      throw new NodeError(
        'timeout',
        `${found} of ${waitPeers} ${waitPeers === 1 ? 'peer' : 'peers'} in ${topic} after ${Math.ceil(timeoutMs / 100) / 10} s`,
        'see: grapevine peer ls --all',
      )
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}
