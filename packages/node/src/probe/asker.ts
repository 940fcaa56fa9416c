import { decodeProbeAnswer, encodeProbeRequest, probeFrameSizeMax, type ProbeFinding } from '@grapevine/protocol/probe'
import type { Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { connectionTo } from '../peer/connection-to.ts'
import { probeProtocol } from './answerer.ts'

/** What is asked of a connected member. */
export interface Question {
  /** The first 16 bytes of keys, 1 to 64. */
  readonly targets: readonly Uint8Array[]
  /** How long the answer may take, in ms. */
  readonly waitMs: number
  readonly signal?: AbortSignal | undefined
}

/** For the way there and back, in ms. */
const wayMs = 2_000

/** What a member finds, in the order of the targets. Rejects if it is not connected, or does not answer in time. */
export async function askToProbe(
  libp2p: Libp2p,
  peer: string,
  { targets, waitMs, signal }: Question,
): Promise<readonly ProbeFinding[]> {
  const connection = connectionTo(libp2p, peer)
  if (connection === undefined) throw new Error('it is not connected')
  const limit = AbortSignal.any([AbortSignal.timeout(waitMs + wayMs), ...(signal === undefined ? [] : [signal])])
  const stream = await connection.newStream(probeProtocol, { signal: limit })
  try {
    const frames = lpStream(stream, { maxDataLength: probeFrameSizeMax, maxBufferSize: 2 * probeFrameSizeMax })
    await frames.write(encodeProbeRequest({ targets, waitMs }), { signal: limit })
    const findings = decodeProbeAnswer((await frames.read({ signal: limit })).slice(), targets.length)
    if (findings === undefined) throw new Error('it answers something else')
    return findings
  } finally {
    stream.abort(new Error('the question is over'))
  }
}
