import type { Millis, PeerId } from '@grapevine/protocol'
import type { MeshEntry } from './node-packet.ts'
import type { TopicMeshOptions } from './topic-mesh.ts'

/** What a node tells others of messages without sending them: IHAVE, IWANT and IDONTWANT, over some heartbeats. */
export class Announcements {
  readonly #options: TopicMeshOptions
  /** Messages by heartbeat, the latest first. */
  #windows: MeshEntry[][] = [[]]
  readonly #byId = new Map<string, MeshEntry>()
  /** What peers declined, in this heartbeat and the one before. */
  #declined = new Map<PeerId, Set<string>>()
  #declinedBefore = new Map<PeerId, Set<string>>()

  constructor(options: TopicMeshOptions) {
    this.#options = options
  }

  keep(entry: MeshEntry): void {
    if (this.#byId.has(entry.gossipId)) return
    this.#byId.set(entry.gossipId, entry)
    this.#windows[0]!.push(entry)
  }

  /** Those of some peers that did not decline a message. */
  willing(peers: readonly PeerId[], gossipId: string): readonly PeerId[] {
    if (this.#declined.size === 0 && this.#declinedBefore.size === 0) return peers
    const hasDeclined = (by: ReadonlyMap<PeerId, ReadonlySet<string>>, peer: PeerId): boolean =>
      by.get(peer)?.has(gossipId) === true
    return peers.filter((peer) => !hasDeclined(this.#declined, peer) && !hasDeclined(this.#declinedBefore, peer))
  }

  left(peer: PeerId): void {
    this.#declined.delete(peer)
    this.#declinedBefore.delete(peer)
  }

  /** A peer has these: asks for what is missing. */
  heard(from: PeerId, entries: readonly MeshEntry[]): void {
    const { send, wire, hasSeen } = this.#options
    const missing = entries.filter(({ id }) => !hasSeen(id))
    if (missing.length > 0) send(from, { type: 'iwant', wire, entries: missing })
  }

  /** A peer asks for these: sends what is still there, a few times at most. */
  asked(from: PeerId, entries: readonly MeshEntry[], now: Millis): void {
    for (const { gossipId } of entries) {
      const entry = this.#byId.get(gossipId)
      const answers = entry?.answers.get(from) ?? 0
      if (entry === undefined || answers >= this.#options.rules.gossipRetransmission) continue
      entry.answers.set(from, answers + 1)
      this.#options.give(from, entry, now)
    }
  }

  declined(from: PeerId, entries: readonly MeshEntry[]): void {
    const ids = this.#declined.get(from) ?? new Set()
    this.#declined.set(from, ids)
    // A bound, as peers could go on for ever.
    for (const { gossipId } of entries) if (ids.size < 1000) ids.add(gossipId)
  }

  /** A heartbeat: tells some peers beyond the mesh what there is, and lets go of what is old. */
  beat(others: () => readonly PeerId[]): void {
    const { rules, rng, send, wire } = this.#options
    const entries = this.#windows.slice(0, rules.historyGossip).flat()
    if (entries.length > 0 && rules.dLazy > 0) {
      const peers = rng.shuffle(others())
      const told = Math.max(rules.dLazy, Math.floor(rules.gossipFactor * peers.length))
      for (const peer of peers.slice(0, told)) send(peer, { type: 'ihave', wire, entries })
    }
    if (this.#byId.size > 0) {
      this.#windows.unshift([])
      for (const { gossipId } of this.#windows.splice(rules.historyLength).flat()) this.#byId.delete(gossipId)
    }
    this.#declinedBefore = this.#declined
    if (this.#declined.size > 0) this.#declined = new Map()
  }
}
