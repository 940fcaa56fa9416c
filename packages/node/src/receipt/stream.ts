import { lpStream } from '@libp2p/utils'
import { receiptFrameSizeMax } from '@grapevine/protocol'
import type { Stream } from '@libp2p/interface'

/** Questions about what a peer has on disk, and their answers: docs/protocol.md. */
export const receiptProtocol = '/grapevine/receipt/1'

/** Length-prefixed frames of a stream. */
export type Frames = ReturnType<typeof lpStream<Stream>>

/** Frames of at most what the protocol allows, with a bounded buffer. */
export const framesOf = (stream: Stream): Frames =>
  lpStream(stream, { maxDataLength: receiptFrameSizeMax, maxBufferSize: 2 * receiptFrameSizeMax })
