import { NodeError } from './error.ts'
import type { HeldTopic } from './topic/table.ts'

/** A payload: all of it, or pieces in order, such as a file's. */
export type Payload = Uint8Array | AsyncIterable<Uint8Array>

/** The whole of a payload that comes in pieces. Error `oversize`: it has more than the topic allows; then no more is read. */
export async function gatherPayload(pieces: AsyncIterable<Uint8Array>, { rules }: HeldTopic): Promise<Uint8Array> {
  const { messageBytesMax: bytesMax } = rules
  const parts: Uint8Array[] = []
  let size = 0
  for await (const piece of pieces) {
    size += piece.length
    if (size > bytesMax)
      throw new NodeError(
        'oversize',
        `the payload has more than ${bytesMax} bytes`,
        'split it, or let its topic announce',
      )
    // A reader may fill its buffer anew.
    parts.push(piece.slice())
  }
  return Buffer.concat(parts)
}
