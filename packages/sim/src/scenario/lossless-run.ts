import {
  concatBytes,
  encodeUtf8,
  keyOf,
  sha256 as plainSha256,
  toHex,
  type Action,
  type Millis,
  type Sha256,
} from '@grapevine/protocol'
import { Digest } from '../digest.ts'
import { contentKey, Disk, type DiskEvent } from '../disk.ts'
import { GossipHost } from '../gossip-host.ts'
import type { HostileHost } from '../hostile-host.ts'
import { LiarHost } from '../liar-host.ts'
import { packetSize, type Packet } from '../packet.ts'
import type { MachineLike } from '../record.ts'
import { World, type HostId, type Port } from '../world.ts'
import { betweenCommits } from './between-commits.ts'
import { Cast } from './cast.ts'
import { Archives, type Expected } from './convergence.ts'
import { diskFaultContextOf, spoil } from './disk-fault.ts'
import { Ending } from './ending.ts'
import type { GossipResult, GossipRunOptions } from './gossip-run.ts'
import { Ledger, lifeOf, type Acknowledged, type Life } from './ledger.ts'
import { Neighbourhood } from './neighbourhood.ts'
import {
  isByContent,
  type Fault,
  type GossipPlan,
  type LosslessPlan,
  type PlannedPublish,
  type TopicKind,
} from './plan.ts'
import { StoreLedger, type Keeping } from './store-ledger.ts'

/** Runs a plan of lossless topics with one seed until all stores are equal, or to the first invariant that does not hold. */
export function runLossless(
  plan: GossipPlan & { readonly lossless: LosslessPlan },
  seed: number,
  options: GossipRunOptions = {},
): GossipResult {
  return new LosslessRun(plan, seed, options).run()
}

class LosslessRun {
  readonly #plan: GossipPlan & { readonly lossless: LosslessPlan }
  readonly #options: GossipRunOptions
  readonly #sha256: Sha256
  readonly #world: World<Packet, GossipHost | HostileHost | LiarHost>
  readonly #cast: Cast
  readonly #ledger: Ledger
  readonly #storeLedger: StoreLedger
  readonly #neighbourhood: Neighbourhood
  /** Whom a host believes to be connected to, and on which topics, by wire name. */
  readonly #links = new Map<HostId, Map<HostId, readonly string[]>>()
  readonly #lives = new Map<HostId, Life>()
  readonly #lifeNumbers = new Map<HostId, number>()
  readonly #archives = new Archives()
  readonly #expected: Expected[] = []
  readonly #trace = new Digest()
  readonly #verdicts = new Map<string, number>()
  readonly #disks = new Map<HostId, Disk>()
  readonly #isReached = (host: HostId, peer: HostId): boolean =>
    this.#lives.has(peer) && this.#world.isConnected(host, peer)
  #ending: Ending | undefined
  #packets = 0
  #isOver = false

  constructor(plan: GossipPlan & { readonly lossless: LosslessPlan }, seed: number, options: GossipRunOptions) {
    this.#plan = plan
    this.#options = options
    this.#sha256 = options.sha256 ?? plainSha256
    this.#world = new World({
      seed,
      link: plan.link,
      sizeOf: packetSize,
      onEvent: ({ type }) => void (type === 'sent' && this.#packets++),
    })
    this.#cast = new Cast(plan, this.#sha256, this.#world.rng)
    const isHonest = (host: HostId): boolean => this.#cast.honest.includes(host)
    this.#ledger = new Ledger({
      honestAuthors: new Set(this.#cast.honest.map((id) => keyOf(this.#cast.keyOf(id)))),
      isHonest,
      onAcknowledged: (message) => this.#expect(message),
      gapless: false,
    })
    this.#storeLedger = new StoreLedger(this.#ledger, this.#sha256, isHonest)
    const luck = this.#world.rng.fork('links')
    this.#neighbourhood = new Neighbourhood({
      meshes: this.#cast.meshes,
      lifeOf: (host) => this.#lifeNumbers.get(host),
      isConnected: (a, b) => this.#world.isConnected(a, b),
      noticeMs: () => luck.unit() * plan.lossless.noticeMs,
      at: (time, run) => this.#world.at(time, run),
      onJoined: (host, peer, topics) => this.#joined(host, peer, topics),
      onLeft: (host, peer) => this.#left(host, peer),
    })
  }

  run(): GossipResult {
    const { faults, publishes, lossless } = this.#plan
    const world = this.#world
    this.#populate()
    for (const fault of faults) world.at(fault.at, () => this.#suffer(fault))
    const context = diskFaultContextOf(world, this.#cast, this.#disks)
    for (const fault of lossless.diskFaults) world.at(fault.at, () => spoil(fault, context, world.now))
    for (const publish of publishes) world.at(publish.at, () => this.#publish(publish))
    world.at(lossless.quietAt, () => this.#calm())
    const { violations } = this.#ledger
    while (violations.length === 0 && !this.#isOver && world.step());
    if (violations.length === 0) for (const life of this.#lives.values()) this.#close(life)
    return {
      trace: this.#trace.hex,
      ...(violations[0] && { violation: violations[0] }),
      delivered: this.#ledger.delivered,
      acknowledged: this.#expected.length,
      required: this.#ending?.found ?? 0,
      frames: this.#packets,
      verdicts: this.#verdicts,
      lasted: world.now,
    }
  }

  #populate(): void {
    const { honest, hostile, liars } = this.#cast
    const world = this.#world
    for (const id of honest) {
      const onEvent = (event: DiskEvent): void => {
        if (event.type === 'committed') this.#archives.add(event.record)
        this.#storeLedger.disk(keeping, this.#lives.get(id), event)
      }
      const disk = new Disk(this.#plan.lossless.disk, onEvent)
      const keeping: Keeping = { host: id, disk, lastDelivered: 0, names: new Map(), opens: new Map() }
      this.#disks.set(id, disk)
      world.add(id, (port, now) => this.#startHonest(port, keeping, now))
    }
    for (const id of hostile) world.add(id, (port, now) => this.#cast.hostileHost(port, now))
    for (const id of liars) world.add(id, (port, now) => this.#cast.liarHost(port, now))
    for (const id of [...hostile, ...liars]) {
      this.#lifeNumbers.set(id, 0)
      this.#links.set(id, new Map())
      for (const victim of honest) world.setLink(id, victim, {})
    }
    this.#neighbourhood.changed(0)
  }

  #startHonest(port: Port<Packet>, keeping: Keeping, now: Millis): GossipHost {
    const { id } = port
    const options = this.#cast.options(port, now, keeping.disk)
    const life = lifeOf(id, options.machine, this.#cast.topicsOf(id))
    this.#lives.set(id, life)
    this.#lifeNumbers.set(id, port.life)
    this.#links.set(id, new Map())
    keeping.opens.clear()
    const [{ wrap }, { everybody }] = [this.#options, this.#cast]
    return this.#cast.honestHost(
      {
        ...options,
        ask: (question) => this.#found(id, question),
        bodies: this.#cast.bodiesOf(id),
        bodiesOf: (peer) => (this.#isReached(id, peer) ? this.#cast.bodiesOf(peer) : undefined),
        wrap: (machine: MachineLike) => (life.machine = wrap?.(machine, id) ?? machine),
        onAction: (action, then) => this.#act(keeping, life, action, then),
        onSettled: (host, then) => this.#storeLedger.settled(keeping, host, everybody, then),
      },
      now,
    )
  }

  /** What a peer that is up and can be reached has on its disk. */
  #found(host: HostId, { peer, topic, ids }: Action & { type: 'want' }): Uint8Array[] {
    if (!this.#isReached(host, peer)) return []
    const kept = ids.map((id) => this.#disks.get(peer)?.find(contentKey(this.#sha256, topic, id)))
    return kept.flatMap((found) => (found === undefined || found.isDamaged ? [] : [found.record.bytes]))
  }

  #publish({ host, topic, payload }: PlannedPublish): void {
    this.#world.act(host, (actor, now) => {
      const gossip = actor as GossipHost
      // The answer may come before `publish` returns.
      this.#lives.get(host)!.waiting.set(gossip.publishes + 1, { topic, at: now })
      gossip.publish(topic, payload, now)
    })
  }

  #act(keeping: Keeping, life: Life, action: Action, now: Millis): void {
    this.#trace.add(life.host).add(now).add(action)
    if (action.type === 'verdict' || action.type === 'ingested' || action.type === 'settled') {
      const { reason } = action.decision
      this.#verdicts.set(reason, (this.#verdicts.get(reason) ?? 0) + 1)
    }
    this.#ledger.act(life, action, now)
    this.#storeLedger.act(keeping, action, now)
    if (action.type === 'compared') this.#ending?.compared(life.host, action)
  }

  #gossip(host: HostId): GossipHost | undefined {
    const actor = this.#world.actor(host)
    return actor instanceof LiarHost ? actor.gossip : actor instanceof GossipHost ? actor : undefined
  }

  #joined(host: HostId, peer: HostId, topics: readonly string[]): void {
    this.#links.get(host)?.set(peer, topics)
    this.#world.act(host, (_, now) => {
      for (const topic of topics) this.#gossip(host)?.joined(peer, topic, now)
    })
  }

  #left(host: HostId, peer: HostId): void {
    this.#links.get(host)?.delete(peer)
    this.#world.act(host, (_, now) => this.#gossip(host)?.left(peer, now))
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
        this.#crash(fault.host)
        break
      case 'restart':
        world.restart(fault.host)
        break
      case 'rehold':
        world.act(fault.host, (actor, now) => {
          const gossip = actor as GossipHost
          const rules = this.#cast.rules.get(fault.topic)!
          gossip.release(fault.topic, now)
          gossip.hold(rules, now)
          for (const [peer, topics] of this.#links.get(fault.host)!) {
            if (topics.includes(rules.wireName)) gossip.joined(peer, rules.wireName, now)
          }
        })
    }
    this.#neighbourhood.changed(world.now)
  }

  #crash(host: HostId): void {
    if (this.#world.actor(host) === undefined) return
    this.#world.crash(host)
    for (const lives of [this.#lives, this.#lifeNumbers]) lives.delete(host)
    this.#disks.get(host)!.crash(this.#world.rng, this.#world.now)
  }

  /** Nothing goes wrong any more but for what hostile hosts do. */
  #calm(): void {
    const world = this.#world
    const { topics, lossless } = this.#plan
    world.heal()
    for (const host of this.#cast.honest) {
      world.restart(host)
      this.#disks.get(host)!.isFull = false
      for (const other of this.#cast.honest) if (host < other) world.setLink(host, other, lossless.quietLink)
    }
    this.#neighbourhood.changed(world.now)
    this.#ending = new Ending({
      topics,
      disks: this.#disks,
      areNeighbours: (topic, host, peer) => this.#cast.areNeighbours(topic, host, peer),
      expected: this.#expected,
      archives: this.#archives,
      now: () => world.now,
      at: (time, run) => world.at(time, run),
      act: (host, use) => void world.act(host, (actor, now) => use(actor as GossipHost, now)),
      fail: (invariant, host, detail) => this.#ledger.fail(invariant, host, world.now, detail),
      onEqual: () => this.#part(),
    })
  }

  /** Honest hosts have some time among themselves, to be done with what hostile ones have sent. */
  #part(): void {
    const world = this.#world
    world.partition([this.#cast.honest])
    const times = { time: world.now + 3_000, latest: world.now + 10_000 }
    betweenCommits(world, { lives: () => this.#lives.values(), ...times }, () => (this.#isOver = true))
  }

  #close(life: Life): void {
    const { now } = this.#world
    this.#ledger.close(life, now)
    const { held = 0, storingBytes = 0 } = life.machine?.snapshot() ?? {}
    const disk = this.#disks.get(life.host)!
    if (held !== disk.count || storingBytes > 0) {
      const detail = `${held} messages, ${disk.count} on disk, ${storingBytes} bytes on their way there`
      this.#ledger.fail('mirror', life.host, now, detail)
    }
  }

  #expect({ id, topic, publisher }: Acknowledged): void {
    const key = isByContent(topic) ? this.#sha256(concatBytes(encodeUtf8(`${topic}\0`), id)) : id
    const name = `${toHex(id).slice(0, 12)} on ${topic} of ${publisher}`
    this.#expected.push({ topic: topic as TopicKind, key, name })
  }
}
