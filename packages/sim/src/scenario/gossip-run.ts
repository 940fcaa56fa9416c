import {
  encodeUtf8,
  keyOf,
  sha256 as plainSha256,
  toHex,
  type Millis,
  type Sha256,
  type TopicRules,
} from '@grapevine/protocol'
import { Digest } from '../digest.ts'
import { GossipHost } from '../gossip-host.ts'
import { regularGraph, type Graph } from '../graph.ts'
import { HostileHost } from '../hostile-host.ts'
import { transitMsMax } from '../link.ts'
import { packetSize, type Packet } from '../packet.ts'
import type { MachineLike } from '../record.ts'
import { World, type HostId, type Port } from '../world.ts'
import { Ledger, lifeOf, type Acknowledged, type Life, type Violation } from './ledger.ts'
import { honestNames, judgeMessage, rulesOf, type Fault, type GossipPlan, type PlannedPublish } from './plan.ts'
import { Reach } from './reach.ts'

/** Options of {@link runGossip} that do not change its outcome, unless a wrapper breaks a machine. */
export interface GossipRunOptions {
  /** A faster SHA-256 than the built-in one. */
  readonly sha256?: Sha256
  /** Wraps the machine of each life of an honest host. */
  readonly wrap?: (machine: MachineLike, host: HostId) => MachineLike
}

/** What came of a run. */
export interface GossipResult {
  /** 16 hex digits over every action of every honest host, with host and time. */
  readonly trace: string
  /** The first invariant that did not hold; the run ends there. */
  readonly violation?: Violation
  /** Messages delivered, over all hosts. */
  readonly delivered: number
  /** Publishes that were acknowledged, and deliveries that these made necessary and that were looked for. */
  readonly acknowledged: number
  readonly required: number
  /** Frames sent by honest and hostile hosts. */
  readonly frames: number
  /** Verdicts of honest hosts, by reason. */
  readonly verdicts: ReadonlyMap<string, number>
  /** Virtual time, in ms. */
  readonly lasted: Millis
}

type GossipWorld = World<Packet, GossipHost | HostileHost>

/** 2026-01-01T00:00:00Z, in µs. */
const wallAtStart = 1_767_225_600_000_000
/** What each hostile host does: something of its own this often, and so many answers to what comes. */
const hostileIntervalMs = 40
const hostileTwistsMax = 80

/** Runs a plan of gossip with one seed to its end, or to the first invariant that does not hold. */
export function runGossip(plan: GossipPlan, seed: number, options: GossipRunOptions = {}): GossipResult {
  return new GossipRun(plan, seed, options).run()
}

class GossipRun {
  readonly #plan: GossipPlan
  readonly #options: GossipRunOptions
  readonly #sha256: Sha256
  readonly #networkId: Uint8Array
  readonly #world: GossipWorld
  readonly #rules = new Map<string, TopicRules>()
  readonly #meshes = new Map<string, Graph>()
  readonly #reaches = new Map<string, Reach>()
  readonly #ledger: Ledger
  readonly #lives = new Map<HostId, Life>()
  readonly #epochs = new Map<HostId, number>()
  readonly #trace = new Digest()
  readonly #verdicts = new Map<string, number>()
  #acknowledged = 0
  #required = 0
  #frames = 0

  constructor(plan: GossipPlan, seed: number, options: GossipRunOptions) {
    this.#plan = plan
    this.#options = options
    this.#sha256 = options.sha256 ?? plainSha256
    this.#networkId = this.#sha256(encodeUtf8('simulated network'))
    this.#world = new World({
      seed,
      link: plan.link,
      sizeOf: packetSize,
      onEvent: ({ type }) => void (type === 'sent' && this.#frames++),
    })
    const honest = new Set(honestNames(plan.hosts))
    this.#ledger = new Ledger({
      honestAuthors: new Set([...honest].map((id) => keyOf(this.#keyOf(id)))),
      isHonest: (host) => honest.has(host),
      onAcknowledged: (message) => void (!message.duplicate && this.#expect(message)),
    })
  }

  run(): GossipResult {
    const { hosts, hostile, faults, publishes } = this.#plan
    for (const [kind, holders] of this.#plan.topics) {
      const rules = rulesOf(kind, this.#networkId, this.#sha256)
      this.#rules.set(kind, rules)
      this.#meshes.set(rules.wireName, regularGraph(this.#world.rng.fork(kind), holders, this.#plan.degree))
    }
    for (const id of honestNames(hosts)) this.#world.add(id, (port) => this.#startHonest(port))
    for (const [wireName, mesh] of this.#meshes) {
      this.#reaches.set(wireName, new Reach(mesh, (a, b) => this.#world.isConnected(a, b)))
    }
    for (let index = 0; index < hostile; index++) this.#addHostile(`x${index}`)
    for (const fault of faults) this.#world.at(fault.at, () => this.#suffer(fault))
    for (const publish of publishes) this.#world.at(publish.at, () => this.#publish(publish))
    const { violations } = this.#ledger
    while (violations.length === 0 && this.#world.step());
    if (violations.length === 0) for (const life of this.#lives.values()) this.#ledger.close(life, this.#world.now)
    return {
      trace: this.#trace.hex,
      ...(violations[0] && { violation: violations[0] }),
      delivered: this.#ledger.delivered,
      acknowledged: this.#acknowledged,
      required: this.#required,
      frames: this.#frames,
      verdicts: this.#verdicts,
      lasted: this.#world.now,
    }
  }

  #startHonest(port: Port<Packet>): GossipHost {
    const { id } = port
    const { delays, batchMax, gossipIdsMin, pendingBytesPerPeerMax, topics } = this.#plan
    const { wrap } = this.#options
    const author = this.#keyOf(id)
    // Wall milliseconds at the start of the life, and more than in any before.
    const epoch = Math.max((this.#epochs.get(id) ?? 0) + 1, wallAtStart / 1000 + Math.floor(this.#world.now))
    this.#epochs.set(id, epoch)
    const held = [...topics].filter(([, holders]) => holders.includes(id)).map(([kind]) => kind)
    const life = lifeOf(id, { epoch, author }, held)
    this.#lives.set(id, life)
    const host = new GossipHost({
      machine: {
        networkId: this.#networkId,
        author,
        epoch,
        salt: port.rng.next(),
        sha256: this.#sha256,
        batchMax,
        pendingBytesPerPeerMax,
      },
      port,
      neighbours: (topic) => this.#meshes.get(topic)?.get(id) ?? [],
      judge: judgeMessage,
      delays,
      wallAtStart,
      gossipIdsMin,
      ...(wrap && { wrap: (machine: MachineLike) => wrap(machine, id) }),
      onAction: (action, now) => {
        this.#trace.add(id).add(now).add(action)
        if (action.type === 'verdict') {
          const { reason } = action.decision
          this.#verdicts.set(reason, (this.#verdicts.get(reason) ?? 0) + 1)
        }
        this.#ledger.act(life, action, now)
      },
    })
    life.machine = host.machine
    for (const kind of held) host.hold(this.#rules.get(kind)!, this.#world.now)
    return host
  }

  #addHostile(id: HostId): void {
    const victims = honestNames(this.#plan.hosts)
    const untilMs = this.#plan.publishes.at(-1)?.at ?? 0
    this.#world.add(id, (port, now) => {
      const common = { port, sha256: this.#sha256, networkId: this.#networkId, author: this.#keyOf(id), wallAtStart }
      const limits = { intervalMs: hostileIntervalMs, untilMs, twistsMax: hostileTwistsMax }
      return new HostileHost({ ...common, ...limits, topics: [...this.#rules.values()], victims }, now)
    })
    for (const victim of victims) this.#world.setLink(id, victim, {})
    // It sits in every mesh, so honest hosts send to it; what it owes them is not counted on.
    for (const [wireName, mesh] of this.#meshes) {
      const joined = [...mesh].map(([host, neighbours]) => [host, [...neighbours, id]] as const)
      this.#meshes.set(wireName, new Map(joined))
    }
  }

  #publish({ host, topic, payload }: PlannedPublish): void {
    this.#world.act(host, (actor, now) => {
      if (!(actor instanceof GossipHost)) return
      const { waiting } = this.#lives.get(host)!
      // The answer may come before `publish` returns; refs count from 1.
      waiting.set(actor.publishes + 1, { topic, at: now })
      actor.publish(topic, payload, now)
    })
  }

  #suffer(fault: Fault): void {
    const world = this.#world
    switch (fault.type) {
      case 'partition':
        world.partition(fault.groups)
        break
      case 'heal':
        world.heal()
        break
      case 'crash':
        world.crash(fault.host)
        this.#lives.delete(fault.host)
        for (const reach of this.#reaches.values()) reach.crashed(fault.host)
        break
      case 'restart':
        world.restart(fault.host)
        break
      case 'rehold':
        world.act(fault.host, (actor, now) => {
          if (!(actor instanceof GossipHost)) return
          actor.release(fault.topic, now)
          actor.hold(this.#rules.get(fault.topic)!, now)
        })
    }
    for (const reach of this.#reaches.values()) reach.changed(world.now)
  }

  /** Has the deliveries of an acknowledged message looked for, once the slowest way is over. */
  #expect(message: Acknowledged): void {
    this.#acknowledged++
    const { key, topic, publisher, since } = message
    const { link, delays, hosts } = this.#plan
    // Lossy links promise nothing, and a topic with a rate may turn honest messages away.
    if ((link.loss ?? 0) > 0 || topic === 'limited') return
    const hopMs = transitMsMax(link) + (delays.verifyMs ?? 0) + (delays.judgeMs ?? 0)
    this.#world.at(this.#world.now + hosts * hopMs + 1, () => {
      const reached = this.#reaches.get(this.#rules.get(topic)!.wireName)!.from(publisher, since)
      for (const host of reached) {
        if (this.#lives.get(host)?.delivered.has(key) === true) this.#required++
        else if (host !== publisher) this.#missed(message, host)
      }
    })
  }

  #missed({ id, topic, publisher }: Acknowledged, host: HostId): void {
    const name = `${toHex(id).slice(0, 12)} on ${topic} of ${publisher}`
    this.#ledger.fail('reach', host, this.#world.now, `${name} did not arrive`)
  }

  #keyOf(id: HostId): Uint8Array {
    return this.#sha256(encodeUtf8(`key of ${id}`))
  }
}
