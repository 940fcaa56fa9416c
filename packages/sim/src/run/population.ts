import type { Action, Millis, Sha256 } from '@grapevine/protocol'
import type { ClusterAction } from '@grapevine/protocol/cluster'
import type { OwnerState } from '@grapevine/protocol/state'
import type { Disk, DiskEvent } from '../disk.ts'
import type { Frame } from '../packet.ts'
import type { Rng } from '../rng.ts'
import type { ScenarioFile } from '../scenario-file/scenario-file.ts'
import type { StateNetwork } from '../state/state-host.ts'
import { World, type HostId, type Port } from '../world.ts'
import { Cast, type HostileNode } from './cast.ts'
import { Connections, pairsOf } from './connections.ts'
import { NodeHost } from './node-host.ts'
import { nodePacketSize, type NodePacket } from './node-packet.ts'
import { Places } from './place.ts'

/** Who is told of what happens to nodes. */
export interface Witness {
  readonly onSent: (from: number, to: number, size: number) => void
  readonly onLost: () => void
  readonly onAction: (node: number, action: Action, now: Millis) => void
  readonly onDisk: (node: number, event: DiskEvent) => void
  readonly onFrame: (node: number, frame: Frame) => void
  readonly onState: (node: number, action: ClusterAction & { type: 'changed' }, now: Millis) => void
  readonly onMember: (node: number, action: ClusterAction & { type: 'member' }, now: Millis) => void
  readonly onFault: (node: number, action: ClusterAction, now: Millis) => void
  /** A life begins, or is over. */
  readonly onLife: (node: number, isUp: boolean) => void
}

/** Honest nodes that each hostile one is connected with. */
const victimsMax = 20

/**
 * The hosts of a scenario: who is up, on which side of a partition, connected with whom. Hosts are numbers: nodes first,
 * hostile ones behind them.
 */
export class Population {
  readonly world: World<NodePacket, NodeHost | HostileNode>
  readonly places: Places
  readonly cast: Cast
  /** Of nodes, where there are stores. */
  readonly disks: readonly Disk[]
  readonly #file: ScenarioFile
  readonly #witness: Witness
  readonly #connections: Connections
  readonly #neighbours: readonly HostId[][]
  readonly #network: StateNetwork | undefined
  /** Lives, counted from 0; −1 for who was never there. */
  readonly #lives: Int32Array
  readonly #isUp: Uint8Array
  readonly #sides: Uint16Array
  readonly #left = new Set<number>()
  /** What members knew when they went, as disks have it. */
  readonly #known = new Map<number, readonly OwnerState[]>()

  constructor(file: ScenarioFile, sha256: Sha256, witness: Witness) {
    this.#file = file
    this.#witness = witness
    const hosts = file.nodes + file.hostile.gossip + file.hostile.liars
    this.#lives = new Int32Array(hosts).fill(-1)
    this.#isUp = new Uint8Array(hosts)
    this.#sides = new Uint16Array(hosts)
    this.world = new World({
      seed: file.seed,
      linkOf: (from, to) => this.places.linkOf(this.cast.numberOf(from), this.cast.numberOf(to)),
      accessOf: (host) => this.places.accessOf(this.cast.numberOf(host)),
      sizeOf: nodePacketSize,
      onEvent: (event) => {
        if (event.type === 'lost') witness.onLost()
        if (event.type !== 'sent') return
        const { cast } = this
        witness.onSent(cast.numberOf(event.from), cast.numberOf(event.to), nodePacketSize(event.payload))
      },
    })
    const luck = (label: string): Rng => this.world.rng.fork(label)
    this.places = new Places(file, luck('places'))
    this.cast = new Cast(file, this.places, sha256)
    const hasDisks = file.parts.includes('reconcile')
    this.disks = Array.from({ length: hasDisks ? file.nodes : 0 }, (_, node) =>
      this.cast.disk((event) => witness.onDisk(node, event)),
    )
    const pairs = this.#pairs(luck('connections'))
    this.#neighbours = this.cast.hosts.map(() => [])
    for (const [a, b] of pairs) {
      this.#neighbours[a]!.push(this.nameOf(b))
      this.#neighbours[b]!.push(this.nameOf(a))
    }
    this.#network = file.parts.includes('state') ? this.#stateNetwork() : undefined
    const notice = luck('notice')
    this.#connections = new Connections(hosts, pairs, {
      lifeOf: (host) => (this.isUp(host) ? this.#lives[host] : undefined),
      isConnected: (a, b) => this.isUp(a) && this.isUp(b) && this.#sides[a] === this.#sides[b],
      noticeMs: () => notice.unit() * file.connections.noticeMs,
      at: (time, run) => this.world.at(time, run),
      onJoined: (host, peer) => this.#link(host, peer, true),
      onLeft: (host, peer) => this.#link(host, peer, false),
    })
  }

  /** All at once, but for those that come later. */
  begin(late: ReadonlySet<number>): void {
    for (const host of this.cast.hosts.keys()) if (!late.has(host)) this.#add(host)
    this.#connections.begin()
    if (this.#file.parts.includes('members') && this.#file.members.start === 'known') this.#acquaint(late)
  }

  nameOf(host: number): HostId {
    return this.cast.hosts[host]!
  }

  isUp(host: number): boolean {
    return this.#isUp[host] === 1
  }

  /** The life of a node, counted from 0. */
  lifeOf(node: number): number {
    return this.#lives[node]!
  }

  /** The side of a partition that a node is on. */
  sideOf(node: number): number {
    return this.#sides[node]!
  }

  /** Whether a node said goodbye. */
  hasLeft(node: number): boolean {
    return this.#left.has(node)
  }

  /** A node that is up. */
  node(node: number): NodeHost | undefined {
    const actor = this.isUp(node) ? this.world.actor(this.nameOf(node)) : undefined
    return actor instanceof NodeHost ? actor : undefined
  }

  /** Has a node do something, if it is up. */
  act(node: number, use: (host: NodeHost, now: Millis) => void): void {
    if (!this.isUp(node)) return
    this.world.act(this.nameOf(node), (host, now) => void (host instanceof NodeHost && use(host, now)))
  }

  partition(groups: readonly (readonly number[])[]): void {
    this.#sides.fill(0)
    for (const [index, group] of groups.entries()) for (const node of group) this.#sides[node] = index + 1
    this.world.partition(groups.map((group) => group.map((node) => this.nameOf(node))))
    this.#connections.changed(this.world.now)
  }

  /** Starts those that are not up, for the first time or again. */
  start(nodes: readonly number[]): void {
    for (const node of nodes) this.#add(node)
    this.#connections.changed(this.world.now, nodes)
  }

  crash(nodes: readonly number[]): void {
    for (const node of nodes) this.#crash(node)
    this.#connections.changed(this.world.now, nodes)
  }

  /** They say goodbye; `crash` ends them. */
  leave(nodes: readonly number[]): void {
    for (const node of nodes) {
      this.#left.add(node)
      this.act(node, (host, now) => host.state?.leave(now))
    }
  }

  #add(host: number): void {
    const id = this.nameOf(host)
    if (this.isUp(host)) return
    this.#isUp[host] = 1
    this.#left.delete(host)
    this.#witness.onLife(host, true)
    if (this.#lives[host] === -1) this.world.add(id, (port, now) => this.#host(host, port, now))
    else this.world.restart(id)
    const known = this.#known.get(host)
    if (known !== undefined) this.act(host, (node, now) => node.state?.learn(known, now))
  }

  #host(host: number, port: Port<NodePacket>, now: Millis): NodeHost | HostileNode {
    const { mesh, parts, nodes } = this.#file
    this.#lives[host] = port.life
    if (host >= nodes) return this.cast.hostile(port, this.#neighbours[host]!, now)
    const onAction = (action: Action, then: Millis): void => this.#witness.onAction(host, action, then)
    const gossip = parts.includes('gossip') && { ...this.cast.gossip(port, this.disks[host], now), onAction }
    const node = new NodeHost(
      {
        port,
        mesh,
        wires: this.cast.rules.map(({ wireName }) => wireName),
        ...(gossip && { gossip }),
        ...(this.#network && { state: { network: this.#network, role: this.cast.stateRole } }),
        onFrame: (frame) => this.#witness.onFrame(host, frame),
      },
      now,
    )
    node.gossip?.mount(now)
    for (const rules of this.cast.rules) node.gossip?.hold(rules, now)
    return node
  }

  #crash(host: number): void {
    if (!this.isUp(host)) return
    const state = this.node(host)?.state
    if (state?.membership !== undefined) {
      const own = this.nameOf(host)
      this.#known.set(
        host,
        [...state.replica.owners()].filter(({ peer }) => peer !== own).map((owner) => owner.state),
      )
    }
    this.world.crash(this.nameOf(host))
    this.disks[host]?.crash(this.world.rng, this.world.now)
    this.#isUp[host] = 0
    this.#witness.onLife(host, false)
  }

  #link(host: number, peer: number, isThere: boolean): void {
    this.world.act(this.nameOf(host), (actor, now) => {
      const id = this.nameOf(peer)
      if (isThere) actor.joined(id, now)
      else actor.left(id, now)
    })
  }

  /** Members know each other from the start, with what each says of itself. */
  #acquaint(late: ReadonlySet<number>): void {
    const nodes = Array.from({ length: this.#file.nodes }, (_, node) => node).filter((node) => !late.has(node))
    for (const node of nodes) this.act(node, ({ state }, now) => state?.meet(now))
    const states = nodes.map((node) => this.node(node)!.state!.replica.stateOf(this.cast.keyOf(node))!)
    for (const [index, node] of nodes.entries()) {
      this.act(node, ({ state }, now) => state?.learn(states.toSpliced(index, 1), now))
    }
  }

  #stateNetwork(): StateNetwork {
    const numberOf = (host: HostId): number => this.cast.numberOf(host)
    const { onState, onMember, onFault } = this.#witness
    return this.cast.stateNetwork({
      linksOf: (host) => this.#neighbours[numberOf(host)]!.filter((peer) => numberOf(peer) < this.#file.nodes),
      onState: (on, action, now) => onState(numberOf(on), action, now),
      onMember: (on, action, now) => onMember(numberOf(on), action, now),
      onFault: (on, action, now) => onFault(numberOf(on), action, now),
    })
  }

  #pairs(rng: Rng): [number, number][] {
    const { nodes, connections } = this.#file
    const pairs = pairsOf(nodes, connections, rng)
    for (let enemy = nodes; enemy < this.cast.hosts.length; enemy++) {
      const victims = rng.shuffle(Array.from({ length: nodes }, (_, node) => node)).slice(0, victimsMax)
      pairs.push(...victims.map((victim): [number, number] => [victim, enemy]))
    }
    return pairs
  }
}
