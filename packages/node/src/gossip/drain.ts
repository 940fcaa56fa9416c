import type { Stream } from '@libp2p/interface'

/**
 * Resolves once at least half of the streams take more, or after `msMax`. Not all: a single peer that reads nothing would
 * hold up each message to the others; what it lacks it hears of by IHAVE. libp2p's own `onDrain` is of no use: from its
 * second call on a stream it resolves at once (@libp2p/utils keeps the promise of the first).
 */
export function halfDrained(streams: readonly Stream[], msMax: number): Promise<void> {
  const isDone = (): boolean => streams.filter(isFull).length <= streams.length / 2
  if (isDone()) return Promise.resolve()
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      for (const stream of streams) for (const event of events) stream.removeEventListener(event, check)
      resolve()
    }
    // Later: after `drain` the stream first sends what waits in it, and may be full again.
    const check = (): void => void setImmediate(() => isDone() && end())
    const timer = setTimeout(end, msMax)
    for (const stream of streams) for (const event of events) stream.addEventListener(event, check)
  })
}

const events = ['drain', 'idle', 'close'] as const

const isFull = ({ status, writableNeedsDrain }: Stream): boolean => status === 'open' && writableNeedsDrain
