import { randomBytes } from 'node:crypto'
import type { Connection } from '@libp2p/interface'

/** https://github.com/libp2p/specs/blob/master/ping/ping.md: 32 bytes that come back as they are. */
const protocol = '/ipfs/ping/1.0.0'
const size = 32

/** Round-trip time of one ping in ms, to the microsecond; the stream's opening does not count. libp2p's own service knows whole ms only. */
export async function ping(connection: Connection, signal: AbortSignal): Promise<number> {
  const stream = await connection.newStream(protocol, { signal })
  try {
    const sent = randomBytes(size)
    const parts: Uint8Array[] = []
    const answered = new Promise<number>((resolve, reject) => {
      stream.addEventListener('message', ({ data }) => {
        parts.push(data.subarray())
        const bytes = Buffer.concat(parts)
        if (bytes.length < size) return
        if (bytes.equals(sent)) resolve(performance.now())
        else reject(new Error('the peer sent other bytes back'))
      })
      stream.addEventListener('close', () => reject(new Error('the peer closed the ping')))
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
    // Where the send fails nobody awaits the answer, and its failure must not end the node.
    answered.catch(() => undefined)
    const start = performance.now()
    stream.send(sent)
    return Math.round(((await answered) - start) * 1000) / 1000
  } finally {
    stream.abort(new Error('the ping is over'))
  }
}
