import type { Millis, PeerId } from '@grapevine/protocol'
import { idOf } from '../frame-id.ts'
import { GossipHost } from '../gossip-host.ts'
import type { FrameRouter, GossipHostOptions } from '../gossip-host-options.ts'
import type { Frame } from '../packet.ts'
import type { ScenarioMesh } from '../scenario-file/scenario-file.ts'
import { StateHost, type StateNetwork, type StateRole } from '../state/state-host.ts'
import type { Actor, Port } from '../world.ts'
import type { MeshEntry, MeshPacket, NodePacket } from './node-packet.ts'
import { TopicMesh } from './topic-mesh.ts'

/** Connections that come within so many ms are told to members together. */
const gatherMs = 20

/** What a {@link NodeHost} is made of: what is absent, it does not do. */
export interface NodeHostOptions {
  readonly port: Port<NodePacket>
  readonly gossip?: Omit<GossipHostOptions, 'port' | 'neighbours' | 'router'>
  readonly mesh: ScenarioMesh
  /** Topics of the mesh, by wire name. */
  readonly wires: readonly string[]
  readonly state?: { readonly network: StateNetwork; readonly role: StateRole }
  /** A frame came, whether it was there before or not. */
  readonly onFrame?: (frame: Frame, now: Millis) => void
}

/**
 * A node of a scenario: the protocol's machine above a mesh that follows the rules of gossipsub, its cluster beside it, and one
 * link for both.
 */
export class NodeHost implements Actor<NodePacket>, FrameRouter {
  readonly gossip: GossipHost | undefined
  readonly state: StateHost | undefined
  readonly #options: NodeHostOptions
  readonly #meshes = new Map<string, TopicMesh>()
  readonly #peers = new Set<PeerId>()
  /** The next heartbeat. */
  #beatAt: Millis
  /** When members are told whom there is a connection with. */
  #linksAt = Infinity

  constructor(options: NodeHostOptions, now: Millis) {
    this.#options = options
    const { port, gossip, state, mesh, wires } = options
    const rng = port.rng.fork('mesh')
    this.#beatAt = gossip === undefined ? Infinity : now + 1 + rng.unit() * mesh.heartbeatMs
    if (gossip !== undefined) {
      const send = (to: PeerId, packet: MeshPacket): void => port.send(to, packet)
      const hasSeen = (id: Uint8Array): boolean => this.gossip!.hasSeen(id)
      const give = (to: PeerId, { frame, gossipId }: MeshEntry, then: Millis): void =>
        this.gossip!.give(to, frame, gossipId, then)
      for (const wire of wires) this.#meshes.set(wire, new TopicMesh({ rules: mesh, rng, wire, send, hasSeen, give }))
      this.gossip = new GossipHost({ ...gossip, port, neighbours: () => [], router: this })
    }
    if (state === undefined) return
    const sendState = (to: PeerId, bytes: Uint8Array): void => port.send(to, { type: 'state', bytes })
    this.state = new StateHost(
      state.network,
      { ...port, rng: port.rng.fork('state'), send: sendState },
      now,
      state.role,
    )
  }

  /** Connected peers. */
  get peers(): ReadonlySet<PeerId> {
    return this.#peers
  }

  /** Neighbours in the mesh, of each topic. */
  get meshSizes(): number[] {
    return [...this.#meshes.values()].map(({ mesh }) => mesh.length)
  }

  get nextWakeup(): Millis | undefined {
    const gossipAt = this.gossip?.nextWakeup ?? Infinity
    const stateAt = this.state?.nextWakeup ?? Infinity
    const next = Math.min(this.#beatAt, this.#linksAt, gossipAt, stateAt)
    return next === Infinity ? undefined : next
  }

  /** A connection is there. */
  joined(peer: PeerId, now: Millis): void {
    this.#peers.add(peer)
    this.#linksAt = this.state === undefined ? Infinity : Math.min(this.#linksAt, now + gatherMs)
    for (const [wire, mesh] of this.#meshes) {
      mesh.joined(peer)
      this.gossip!.joined(peer, wire, now)
    }
  }

  /** A connection is gone. */
  left(peer: PeerId, now: Millis): void {
    this.#peers.delete(peer)
    this.#linksAt = this.state === undefined ? Infinity : Math.min(this.#linksAt, now + gatherMs)
    for (const mesh of this.#meshes.values()) mesh.left(peer)
    this.gossip?.left(peer, now)
  }

  receive(from: PeerId, packet: NodePacket, now: Millis): void {
    if ('topic' in packet) {
      this.#options.onFrame?.(packet, now)
      this.gossip?.receive(from, packet, now)
    } else if ('stream' in packet) this.gossip?.receive(from, packet, now)
    else if (packet.type === 'state') this.state?.receive(from, packet.bytes, now)
    else this.#meshes.get(packet.wire)?.receive(from, packet, now)
  }

  tick(now: Millis): void {
    if (this.#beatAt <= now) {
      this.#beatAt += this.#options.mesh.heartbeatMs
      for (const mesh of this.#meshes.values()) mesh.beat(now)
    }
    if (this.#linksAt <= now) {
      this.#linksAt = Infinity
      this.state?.links([...this.#peers], now)
    }
    if ((this.gossip?.nextWakeup ?? Infinity) <= now) this.gossip!.tick(now)
    if ((this.state?.nextWakeup ?? Infinity) <= now) this.state!.tick(now)
  }

  arrived(frame: Frame, gossipId: string, from: PeerId): void {
    this.#meshes.get(frame.topic)?.arrived(this.#entryOf(frame, gossipId), from)
  }

  targets(frame: Frame, gossipId: string, isOwn: boolean): readonly PeerId[] {
    return this.#meshes.get(frame.topic)?.targets(this.#entryOf(frame, gossipId), isOwn) ?? []
  }

  #entryOf(frame: Frame, gossipId: string): MeshEntry {
    return { frame, gossipId, id: idOf(this.#options.gossip!.machine.sha256, frame).id, answers: new Map() }
  }
}
