/** What gossip carries from host to host. Nobody changes `bytes` once they are sent. */
export interface Frame {
  /** The topic's name on the wire. */
  readonly topic: string
  readonly bytes: Uint8Array
}

/** What a stream is made of. Its name is the same at both ends, and of no other stream. */
export type StreamPacket =
  /** The n-th thing said in one direction, from 0: that it opens, a frame, or that it ends. */
  | {
      readonly type: 'segment'
      readonly stream: string
      readonly order: number
      readonly content: Uint8Array | 'open' | 'end'
    }
  /** All segments before this order have come. */
  | { readonly type: 'ack'; readonly stream: string; readonly upTo: number }
  /** The stream is over, or was never known. */
  | { readonly type: 'reset'; readonly stream: string }

/** Everything that hosts send to each other. */
export type Packet = Frame | StreamPacket

/** Bytes of a packet, for links with bandwidth: a few of overhead beside the content. */
export function packetSize(packet: Packet): number {
  if ('topic' in packet) return packet.bytes.length
  return 20 + (packet.type === 'segment' && typeof packet.content !== 'string' ? packet.content.length : 0)
}
