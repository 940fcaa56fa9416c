/** Who brought a body, and for which topic. */
export interface Bringer {
  readonly topic: string
  readonly from: string
}

interface PeerShare {
  bytes: number
  /** Its bodies that are on disk, by name and size, the oldest first. */
  readonly bodies: Map<string, number>
}

interface TopicShare {
  bytes: number
  readonly peers: Map<string, PeerShare>
}

/** Bodies that make way in one step at most. */
const stepMax = 256

/**
 * Bodies that no message in the store needs, by who brought them. Of the topic that takes up most the peer that takes up most
 * makes way with its oldest: whoever takes less than its share loses nothing, whatever others do.
 */
export class LooseRoom {
  readonly #topics = new Map<string, TopicShare>()
  readonly #bodies = new Map<string, { readonly bringer: Bringer; readonly bytes: number }>()

  /** Counts a body, before it is on disk. */
  add(name: string, bringer: Bringer, bytes: number): void {
    this.delete(name)
    this.#bodies.set(name, { bringer, bytes })
    const topic = this.#topics.get(bringer.topic) ?? { bytes: 0, peers: new Map<string, PeerShare>() }
    const peer = topic.peers.get(bringer.from) ?? { bytes: 0, bodies: new Map() }
    this.#topics.set(bringer.topic, topic)
    topic.peers.set(bringer.from, peer)
    topic.bytes += bytes
    peer.bytes += bytes
  }

  /** It is on disk, or was used: of those of its peer it is the newest now. */
  touch(name: string): void {
    const body = this.#bodies.get(name)
    if (body === undefined) return
    const { topic, from } = body.bringer
    const { bodies } = this.#topics.get(topic)!.peers.get(from)!
    bodies.delete(name)
    bodies.set(name, body.bytes)
  }

  /** It is gone, or a message in the store needs it. */
  delete(name: string): void {
    const body = this.#bodies.get(name)
    if (body === undefined) return
    this.#bodies.delete(name)
    const { bringer, bytes } = body
    const topic = this.#topics.get(bringer.topic)!
    const peer = topic.peers.get(bringer.from)!
    peer.bodies.delete(name)
    topic.bytes -= bytes
    peer.bytes -= bytes
    if (peer.bytes === 0) topic.peers.delete(bringer.from)
    if (topic.bytes === 0) this.#topics.delete(bringer.topic)
  }

  /** What makes way next, for so many bytes; nothing if whoever takes up most has nothing on disk. */
  oldest(bytes: number): string[] {
    const topic = heaviest(this.#topics.values())
    const peer = topic && heaviest(topic.peers.values())
    const names: string[] = []
    let freed = 0
    for (const [name, size] of peer?.bodies ?? []) {
      if (freed >= bytes || names.length >= stepMax) break
      names.push(name)
      freed += size
    }
    return names
  }
}

function heaviest<Share extends { readonly bytes: number }>(shares: Iterable<Share>): Share | undefined {
  let most: Share | undefined
  for (const share of shares) if (most === undefined || share.bytes > most.bytes) most = share
  return most
}
