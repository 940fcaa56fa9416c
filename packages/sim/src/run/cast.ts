import {
  encodeUtf8,
  keyOf,
  wireTopic,
  type KeyList,
  type Millis,
  type Sha256,
  type TopicRules,
} from '@grapevine/protocol'
import { type OwnerState, rootOf } from '@grapevine/protocol/state'
import { Disk, type DiskEvent } from '../disk.ts'
import type { GossipHostOptions } from '../gossip-host-options.ts'
import { HostileHost } from '../hostile-host.ts'
import { LiarHost } from '../liar-host.ts'
import type { ScenarioFile } from '../scenario-file/scenario-file.ts'
import { SharedStates } from '../state/shared-states.ts'
import type { StateNetwork, StateRole } from '../state/state-host.ts'
import type { Actor, HostId, Port } from '../world.ts'
import { topicsOf } from './load.ts'
import type { NodePacket } from './node-packet.ts'
import type { Places } from './place.ts'

/** 2026-01-01T00:00:00Z, in µs. */
const wallAtStart = 1_767_225_600_000_000
/** Until a damaged record is found, if nobody reads it before. */
const scrubMs = 5000
/** How often hostile nodes do something of their own, and how much they make of what comes. */
const hostileIntervalMs = 150
const hostileTwistsMax = 200
const liarIntervalMs = 3000

/** A node that means harm: it has no mesh and no state, and is connected with some. */
export class HostileNode implements Actor<NodePacket> {
  readonly actor: HostileHost | LiarHost

  readonly #wires: readonly string[]

  /** `wires`: the topics on which it reconciles. */
  constructor(actor: HostileHost | LiarHost, wires: readonly string[]) {
    this.actor = actor
    this.#wires = wires
  }

  /** A connection is there. */
  joined(peer: HostId, now: Millis): void {
    if (this.actor instanceof LiarHost) for (const wire of this.#wires) this.actor.gossip.joined(peer, wire, now)
  }

  /** A connection is gone. */
  left(peer: HostId, now: Millis): void {
    if (this.actor instanceof LiarHost) this.actor.gossip.left(peer, now)
  }

  get nextWakeup(): Millis | undefined {
    return this.actor.nextWakeup
  }

  receive(from: HostId, packet: NodePacket, now: Millis): void {
    if ('topic' in packet || 'stream' in packet) this.actor.receive(from, packet, now)
  }

  tick(now: Millis): void {
    this.actor.tick(now)
  }
}

/** Who takes part in a scenario, and what each is made of. Hosts are numbers: nodes first, hostile ones behind them. */
export class Cast {
  readonly hosts: readonly HostId[]
  readonly rules: readonly TopicRules[]
  readonly networkId: Uint8Array
  readonly #file: ScenarioFile
  readonly #sha256: Sha256
  readonly #places: Places
  readonly #numbers: ReadonlyMap<HostId, number>
  readonly #keys: readonly Uint8Array[]
  readonly #byKey: ReadonlyMap<string, HostId>
  readonly #epochs = new Map<HostId, number>()

  constructor(file: ScenarioFile, places: Places, sha256: Sha256) {
    const { nodes, hostile, parts } = file
    this.#file = file
    this.#sha256 = sha256
    this.#places = places
    this.networkId = sha256(encodeUtf8('simulated network'))
    const names = (letter: string, count: number): HostId[] =>
      Array.from({ length: count }, (_, at) => `${letter}${at}`)
    this.hosts = [...names('n', nodes), ...names('x', hostile.gossip), ...names('y', hostile.liars)]
    this.#numbers = new Map(this.hosts.map((host, number) => [host, number]))
    this.#keys = this.hosts.map((host) => sha256(encodeUtf8(`key of ${host}`)))
    this.#byKey = new Map(this.#keys.map((key, number) => [keyOf(key), this.hosts[number]!]))
    const topics = topicsOf(file)
    this.rules = topics.map((name) => ({
      name,
      wireName: wireTopic(this.networkId, name),
      format: 'envelope',
      messageBytesMax: 60_000,
      judged: false,
      delivery: parts.includes('reconcile') ? 'lossless' : 'best-effort',
      authorRateMax: Infinity,
    }))
  }

  numberOf(host: HostId): number {
    return this.#numbers.get(host)!
  }

  isHonest(host: HostId): boolean {
    return host.startsWith('n')
  }

  /** A host's public key. */
  keyOf(number: number): Uint8Array {
    return this.#keys[number]!
  }

  disk(onEvent: (event: DiskEvent, now: Millis) => void): Disk {
    const { commitMs, loadMs } = this.#file.reconcile
    return new Disk({ commitMs, loadMs, scrubMs }, onEvent)
  }

  /** What the gossip of a host is made with; each call begins a life. */
  gossip(port: Port<NodePacket>, disk: Disk | undefined, now: Millis): Omit<GossipHostOptions, 'neighbours'> {
    const { id } = port
    const { links, reconcile } = this.#file
    const number = this.numberOf(id)
    const wall = wallAtStart + (this.#places.groupOf(number)?.clockSkewMs ?? 0) * 1000
    const epoch = Math.max((this.#epochs.get(id) ?? 0) + 1, wall / 1000 + Math.floor(now))
    this.#epochs.set(id, epoch)
    return {
      machine: {
        networkId: this.networkId,
        author: this.keyOf(number),
        peerId: id,
        epoch,
        salt: port.rng.next(),
        sha256: this.#sha256,
        reconcileIntervalMs: reconcile.intervalMs,
      },
      port,
      wallAtStart: wall,
      ...(disk && { disk }),
      // A segment is sent again once its answer is late.
      resendMs: 100 + 2 * longestMs(links),
    }
  }

  /** A hostile node with its victims. */
  hostile(port: Port<NodePacket>, victims: readonly HostId[], now: Millis): HostileNode {
    const { durationMs } = this.#file
    const options = { ...this.gossip(port, undefined, now), neighbours: () => [] }
    const wires = this.rules.map(({ wireName }) => wireName)
    if (port.id.startsWith('y')) {
      const disk = this.disk(() => undefined)
      const liar = new LiarHost({ ...options, disk, victims, intervalMs: liarIntervalMs }, now)
      const phantoms: ReadonlyMap<string, KeyList> = liar.phantoms(
        this.rules.map(({ name }) => name),
        { from: wallAtStart, to: wallAtStart + durationMs * 1000 },
      )
      liar.gossip.mount(now, phantoms)
      for (const rules of this.rules) liar.gossip.hold(rules, now)
      return new HostileNode(liar, wires)
    }
    const { networkId, author } = options.machine
    const limits = { intervalMs: hostileIntervalMs, untilMs: durationMs, twistsMax: hostileTwistsMax }
    const own = { port: options.port, sha256: this.#sha256, networkId, author, wallAtStart }
    return new HostileNode(new HostileHost({ ...own, topics: this.rules, victims, ...limits }, now), wires)
  }

  /** What all nodes share as members and owners of state. */
  stateNetwork(more: Required<Pick<StateNetwork, 'linksOf' | 'onMember' | 'onState' | 'onFault'>>): StateNetwork {
    const nodes = this.hosts.slice(0, this.#file.nodes)
    const strangers = this.stateRole === 'member' ? nodes.map((_, number) => this.#stranger(this.keyOf(number))) : []
    return {
      ...more,
      networkId: this.networkId,
      sha256: this.#sha256,
      ownerOf: (host) => this.keyOf(this.numberOf(host)),
      hostOf: (owner) => this.#byKey.get(keyOf(owner)) ?? keyOf(owner),
      strangers,
      states: new SharedStates(),
    }
  }

  /** With members every node says something of itself; without, those that set something. */
  get stateRole(): StateRole {
    return this.#file.parts.includes('members') ? 'member' : 'silent'
  }

  /** Of an epoch in which no host lives: whatever it says replaces this. */
  #stranger(owner: Uint8Array): OwnerState {
    const order = { owner, epoch: 1, version: 1, floor: 0 }
    const head = { ...order, count: 0, root: rootOf(order, [], this.#sha256), signature: new Uint8Array(64) }
    return { head, entries: [], bytes: 0 }
  }
}

function longestMs({ latency, jitterMs }: ScenarioFile['links']): Millis {
  if (latency.law === 'constant') return latency.ms + jitterMs
  if (latency.law === 'uniform') return latency.maxMs + jitterMs
  return 220 + jitterMs
}
