import { createHash, hash } from 'node:crypto'
import { StrictNoSign, StrictSign, type Message } from '@libp2p/gossipsub'
import type { Dialect } from '@grapevine/protocol'

/** What gossipsub must know of the dialect of a network: it has one signature policy and one rule for ids. */
export interface GossipDialect {
  readonly globalSignaturePolicy: typeof StrictSign | typeof StrictNoSign
  readonly msgIdFn: (message: Message) => Uint8Array
  /** Whether bytes can be an id of this dialect, by their form. */
  readonly isId: (id: Uint8Array) => boolean
}

export const gossipDialects: Readonly<Record<Dialect, GossipDialect>> = {
  grapevine: { globalSignaturePolicy: StrictNoSign, msgIdFn: contentId, isId: ({ length }) => length === 32 },
  pubsub: { globalSignaturePolicy: StrictSign, msgIdFn: authorId, isId: isAuthorId },
}

/** The gossip id of protocol's `gossipId`, natively: SHA-256(topic ‖ 0 ‖ all bytes), never anything less. */
function contentId(message: Message): Uint8Array {
  const { topic, data } = message
  if (data.length < 4096) return hash('sha256', Buffer.concat([Buffer.from(`${topic}\0`), data]), 'buffer')
  return createHash('sha256').update(`${topic}\0`).update(data).digest()
}

const seqnoBytes = 8

/** What go-libp2p-pubsub calls DefaultMsgIdFn: the author's peer id in bytes ‖ sequence number, 8 bytes, big-endian. */
function authorId(message: Message): Uint8Array {
  if (message.type !== 'signed') throw new TypeError('gossipsub let a message pass that nobody signed')
  const author = message.from.toMultihash().bytes
  const id = new Uint8Array(author.length + seqnoBytes)
  id.set(author)
  new DataView(id.buffer).setBigUint64(author.length, message.sequenceNumber)
  return id
}

/** A peer id is a multihash: one byte that names the hash, its length, and as many bytes. */
function isAuthorId(id: Uint8Array): boolean {
  const [code, length] = id
  return (code === 0x00 || code === 0x12) && length !== undefined && id.length === 2 + length + seqnoBytes
}
