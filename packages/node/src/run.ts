import { shortPeer, type StatusView } from '@grapevine/protocol'
import { createNode, type NodeOptions } from './create-node.ts'
import { twinText } from './node.ts'

export { runNodeOnce } from './run-once.ts'

/** Options of {@link runNode}. */
export interface RunOptions extends Pick<NodeOptions, 'listen' | 'announce'> {
  readonly onReady?: (status: StatusView) => void
}

/** How long a stop may take before the process ends all the same. */
const drainMsMax = 5_000

/**
 * Runs the node of a home in this process until SIGTERM, SIGINT or `down`. Resolves when it is gone; a second signal,
 * or 5 s without an end, ends the process at once with exit code 1.
 */
export async function runNode(home: string, options: RunOptions = {}): Promise<void> {
  const { promise: stopped, resolve: onStopped } = Promise.withResolvers<void>()
  const node = await createNode({
    home,
    onStopped,
    onTwin: (toldBy) => process.stderr.write(`error: ${twinText} (seen by ${shortPeer(toldBy)})\n`),
    ...(options.listen && { listen: options.listen }),
    ...(options.announce && { announce: options.announce }),
  })
  let signals = 0
  const onSignal = (): void => {
    signals++
    if (signals > 1) process.exit(1)
    setTimeout(() => process.exit(1), drainMsMax).unref()
    void node.stop().then(onStopped)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  options.onReady?.(node.status())
  await stopped
  process.off('SIGTERM', onSignal)
  process.off('SIGINT', onSignal)
}
