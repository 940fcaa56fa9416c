import type { Millis, PeerId } from '@grapevine/protocol'
import type { Rng } from '../rng.ts'
import type { ScenarioMesh } from '../scenario-file/scenario-file.ts'
import { Announcements } from './announcements.ts'
import type { MeshEntry, MeshPacket, SendMesh } from './node-packet.ts'

/** What a mesh needs of its node. */
export interface TopicMeshOptions {
  readonly rules: ScenarioMesh
  readonly rng: Rng
  /** The topic's name on the wire. */
  readonly wire: string
  readonly send: SendMesh
  readonly hasSeen: (id: Uint8Array) => boolean
  /** Sends a message that a peer asked for. */
  readonly give: (to: PeerId, entry: MeshEntry, now: Millis) => void
}

interface MeshPeer {
  readonly id: PeerId
  isInMesh: boolean
  /** Until when it is not grafted again. */
  backoffUntil: Millis
}

/**
 * A node's mesh of one topic, by the rules of gossipsub v1.1 and 1.2: GRAFT, PRUNE with backoff, flood publish, IHAVE, IWANT and
 * IDONTWANT. Without scores, outbound quotas, fanout and peer exchange.
 */
export class TopicMesh {
  readonly #options: TopicMeshOptions
  readonly #peers = new Map<PeerId, MeshPeer>()
  readonly #announcements: Announcements
  /** The peers in the mesh; made anew as it changes. */
  #mesh: readonly PeerId[] = []

  constructor(options: TopicMeshOptions) {
    this.#options = options
    this.#announcements = new Announcements(options)
  }

  /** Peers in the mesh. */
  get mesh(): readonly PeerId[] {
    return this.#mesh
  }

  /** Whom a message goes to that was accepted, or is our own; it can be announced and asked for from now on. */
  targets(entry: MeshEntry, isOwn: boolean): readonly PeerId[] {
    this.#announcements.keep(entry)
    const peers = isOwn && this.#options.rules.floodPublish ? [...this.#peers.keys()] : this.#mesh
    return this.#announcements.willing(peers, entry.gossipId)
  }

  /** A message came for the first time: large ones are declined from all others. */
  arrived(entry: MeshEntry, from: PeerId): void {
    const { rules, send, wire } = this.#options
    if (rules.idontwantBytes === 0 || entry.frame.bytes.length < rules.idontwantBytes) return
    const packet: MeshPacket = { type: 'idontwant', wire, entries: [entry] }
    for (const peer of this.#mesh) if (peer !== from) send(peer, packet)
  }

  joined(id: PeerId): void {
    this.#peers.set(id, { id, isInMesh: false, backoffUntil: this.#peers.get(id)?.backoffUntil ?? 0 })
    this.#changed()
  }

  left(id: PeerId): void {
    this.#peers.delete(id)
    this.#announcements.left(id)
    this.#changed()
  }

  receive(from: PeerId, packet: MeshPacket, now: Millis): void {
    const peer = this.#peers.get(from)
    if (peer === undefined) return
    switch (packet.type) {
      case 'graft':
        return this.#grafted(peer, now)
      case 'prune':
        peer.backoffUntil = now + this.#options.rules.pruneBackoffMs
        return this.#set(peer, false)
      case 'ihave':
        return this.#announcements.heard(from, packet.entries)
      case 'iwant':
        return this.#announcements.asked(from, packet.entries, now)
      case 'idontwant':
        return this.#announcements.declined(from, packet.entries)
    }
  }

  /** A heartbeat. */
  beat(now: Millis): void {
    const { rules, rng } = this.#options
    const size = this.#mesh.length
    if (size < rules.dLow) {
      const candidates = [...this.#peers.values()].filter((peer) => !peer.isInMesh && now >= peer.backoffUntil)
      for (const peer of rng.shuffle(candidates).slice(0, rules.d - size)) {
        this.#set(peer, true)
        this.#tell(peer, 'graft')
      }
    } else if (size > rules.dHigh) {
      for (const id of rng.shuffle(this.#mesh).slice(rules.d)) this.#prune(this.#peers.get(id)!, now)
    }
    this.#announcements.beat(() => [...this.#peers.values()].filter((peer) => !peer.isInMesh).map(({ id }) => id))
  }

  #grafted(peer: MeshPeer, now: Millis): void {
    if (peer.isInMesh) return
    if (now < peer.backoffUntil || this.#mesh.length >= this.#options.rules.dHigh) this.#prune(peer, now)
    else this.#set(peer, true)
  }

  #prune(peer: MeshPeer, now: Millis): void {
    peer.backoffUntil = now + this.#options.rules.pruneBackoffMs
    this.#set(peer, false)
    this.#tell(peer, 'prune')
  }

  #set(peer: MeshPeer, isInMesh: boolean): void {
    if (peer.isInMesh === isInMesh) return
    peer.isInMesh = isInMesh
    this.#changed()
  }

  #changed(): void {
    this.#mesh = [...this.#peers.values()].filter((peer) => peer.isInMesh).map(({ id }) => id)
  }

  #tell({ id }: MeshPeer, type: 'graft' | 'prune'): void {
    this.#options.send(id, { type, wire: this.#options.wire })
  }
}
