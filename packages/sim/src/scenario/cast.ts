import { encodeUtf8, type Millis, type Sha256, type TopicRules } from '@grapevine/protocol'
import type { Bodies } from '../body-effects.ts'
import { Disk } from '../disk.ts'
import { GossipHost } from '../gossip-host.ts'
import type { GossipHostOptions } from '../gossip-host-options.ts'
import { regularGraph, type Graph } from '../graph.ts'
import { HostileHost } from '../hostile-host.ts'
import { LiarHost } from '../liar-host.ts'
import { transitMsMax } from '../link.ts'
import type { Packet } from '../packet.ts'
import type { Rng } from '../rng.ts'
import type { HostId, Port } from '../world.ts'
import { honestNames, judgeMessage, rulesOf, type GossipPlan, type LosslessPlan, type TopicKind } from './plan.ts'

/** 2026-01-01T00:00:00Z, in µs. */
const wallAtStart = 1_767_225_600_000_000
/** What hostile hosts do beside lies, and how often. */
const hostileIntervalMs = 150
const hostileTwistsMax = 40
const liarIntervalMs = 3_000

/** Payloads have mostly 8 to 60 bytes: on some topics those above this are fetched. */
const fetched = (kind: TopicKind, luck: Rng): Pick<TopicRules, 'inlineBytesMax'> =>
  kind !== 'raw' && luck.chance(0.4) ? { inlineBytesMax: luck.pick([0, 40]) } : {}

/** Of topics whose envelopes hold one message, some let messages travel together all the same. */
const shared = (kind: TopicKind, luck: Rng): Pick<TopicRules, 'isShared'> =>
  kind !== 'raw' && luck.chance(0.5) ? { isShared: true } : {}

/** Who takes part in a run of lossless topics, who is whose neighbour, and how each host is set up. */
export class Cast {
  readonly honest: readonly HostId[]
  readonly hostile: readonly HostId[]
  readonly liars: readonly HostId[]
  /** By name of the topic. */
  readonly rules: ReadonlyMap<string, TopicRules>
  /** By wire name of the topic. */
  readonly meshes: ReadonlyMap<string, Graph>
  readonly #plan: GossipPlan & { readonly lossless: LosslessPlan }
  readonly #sha256: Sha256
  readonly #networkId: Uint8Array
  readonly #bodies = new Map<HostId, Bodies>()
  readonly #epochs = new Map<HostId, number>()

  constructor(plan: GossipPlan & { readonly lossless: LosslessPlan }, sha256: Sha256, rng: Rng) {
    this.#plan = plan
    this.#sha256 = sha256
    this.#networkId = sha256(encodeUtf8('simulated network'))
    this.honest = honestNames(plan.hosts)
    this.hostile = honestNames(plan.hostile).map((name) => name.replace('h', 'x'))
    this.liars = honestNames(plan.lossless.liars).map((name) => name.replace('h', 'y'))
    const luck = rng.fork('fetched')
    const company = rng.fork('shared')
    const enemies = [...this.hostile, ...this.liars]
    const rules = new Map<string, TopicRules>()
    const meshes = new Map<string, Graph>()
    for (const [kind, holders] of plan.topics) {
      const own = {
        ...rulesOf(kind, this.#networkId, sha256, 'lossless'),
        ...fetched(kind, luck),
        ...shared(kind, company),
      }
      rules.set(kind, own)
      const mesh = [...regularGraph(rng.fork(kind), holders, plan.degree)]
      // Hostile hosts sit in every mesh, so honest ones send to them; what they owe is not counted on.
      const joined = mesh.map(([host, neighbours]) => [host, [...neighbours, ...enemies]] as const)
      meshes.set(own.wireName, new Map([...joined, ...enemies.map((enemy) => [enemy, holders] as const)]))
    }
    this.rules = rules
    this.meshes = meshes
  }

  /** Bodies on the disk of an honest host: a crash does not take them. */
  bodiesOf(id: HostId): Bodies {
    const bodies = this.#bodies.get(id) ?? new Map<string, Uint8Array>()
    this.#bodies.set(id, bodies)
    return bodies
  }

  get everybody(): readonly HostId[] {
    return [...this.honest, ...this.hostile, ...this.liars]
  }

  /** A host's public key. */
  keyOf(id: HostId): Uint8Array {
    return this.#sha256(encodeUtf8(`key of ${id}`))
  }

  /** A host's wall clock at virtual time 0, in µs. */
  wallAtStart(id: HostId): number {
    return wallAtStart + (this.#plan.lossless.skewsMs[this.honest.indexOf(id)] ?? 0) * 1000
  }

  /** Whether two holders of a topic are neighbours in its mesh. */
  areNeighbours(topic: TopicKind, host: HostId, peer: HostId): boolean {
    return this.meshes.get(this.rules.get(topic)!.wireName)!.get(host)!.includes(peer)
  }

  /** The topics that an honest host holds. */
  topicsOf(id: HostId): TopicKind[] {
    return [...this.#plan.topics].filter(([, holders]) => holders.includes(id)).map(([kind]) => kind)
  }

  /** What a host of this cast is made with: each call begins a life, with an epoch of its own. */
  options(port: Port<Packet>, now: Millis, disk: Disk): GossipHostOptions {
    const { delays, batchMax, gossipIdsMin, pendingBytesPerPeerMax, link, lossless } = this.#plan
    const { id } = port
    const wall = this.wallAtStart(id)
    // Wall milliseconds at the start of the life, and more than in any before.
    const epoch = Math.max((this.#epochs.get(id) ?? 0) + 1, wall / 1000 + Math.floor(now))
    this.#epochs.set(id, epoch)
    return {
      machine: {
        networkId: this.#networkId,
        author: this.keyOf(id),
        peerId: id,
        epoch,
        salt: port.rng.next(),
        sha256: this.#sha256,
        batchMax,
        pendingBytesPerPeerMax,
        storeBytesMax: lossless.storeBytesMax,
        reconcileIntervalMs: lossless.reconcileIntervalMs,
      },
      port,
      disk,
      judge: judgeMessage,
      delays,
      wallAtStart: wall,
      gossipIdsMin,
      neighbours: (topic) => this.meshes.get(topic)?.get(id) ?? [],
      resendMs: 20 + 2 * transitMsMax(link),
    }
  }

  /** A life of an honest host, which holds its topics. */
  honestHost(options: GossipHostOptions, now: Millis): GossipHost {
    const host = new GossipHost(options)
    host.mount(now)
    for (const kind of this.topicsOf(options.port.id)) host.hold(this.rules.get(kind)!, now)
    return host
  }

  hostileHost(port: Port<Packet>, now: Millis): HostileHost {
    const { publishes } = this.#plan
    const own = { author: this.keyOf(port.id), wallAtStart, topics: [...this.rules.values()], victims: this.honest }
    const untilMs = publishes.at(-1)?.at ?? 0
    const limits = { intervalMs: hostileIntervalMs, untilMs, twistsMax: hostileTwistsMax }
    return new HostileHost({ port, sha256: this.#sha256, networkId: this.#networkId, ...own, ...limits }, now)
  }

  liarHost(port: Port<Packet>, now: Millis): LiarHost {
    const { disk: delays, quietAt } = this.#plan.lossless
    const options = this.options(port, now, new Disk(delays, () => {}))
    const liar = new LiarHost({ ...options, victims: this.honest, intervalMs: liarIntervalMs }, now)
    const times = { from: wallAtStart, to: wallAtStart + quietAt * 1000 }
    liar.gossip.mount(now, liar.phantoms([...this.rules.keys()], times))
    for (const rules of this.rules.values()) liar.gossip.hold(rules, now)
    return liar
  }
}
