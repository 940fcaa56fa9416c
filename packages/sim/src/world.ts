import type { Millis } from '@grapevine/protocol'
import { EventQueue } from './event-queue.ts'
import { Link, type LinkOptions } from './link.ts'
import { Rng } from './rng.ts'
import type { Access, WorldEvent, WorldOptions } from './world-options.ts'

/** Names a host in a world; what runs on it may use it as its peer id. */
export type HostId = string

/** What runs on a host. It acts only when called, and only through the port that it was started with. */
export interface Actor<Payload> {
  receive(from: HostId, payload: Payload, now: Millis): void
  /** Called when `nextWakeup` has come. Must move it past `now`, or clear it. */
  tick(now: Millis): void
  /** When `tick` is to be called; read after each call of the actor. */
  readonly nextWakeup: Millis | undefined
}

/** What an actor may do. A port of an earlier life does nothing. */
export interface Port<Payload> {
  readonly id: HostId
  /** Counts from 0; each restart is a new life. */
  readonly life: number
  /** The host's own luck, the same in every run of the seed, different in each life. */
  readonly rng: Rng
  send(to: HostId, payload: Payload): void
}

interface Host<Payload, Running extends Actor<Payload>> {
  readonly id: HostId
  readonly start: (port: Port<Payload>, now: Millis) => Running
  readonly links: Map<HostId, Way<Payload, Running>>
  life: number
  /** Undefined while the host is down. */
  actor: Running | undefined
  /** The wake-up that counts; others in the queue are out of date. */
  wakeAt: Millis | undefined
  group: number
  readonly access: Access | undefined
  /** When what waits for the line is through, each way. */
  upIdleAt: Millis
  downIdleAt: Millis
}

/** The link to another host. */
interface Way<Payload, Running extends Actor<Payload>> {
  readonly to: Host<Payload, Running>
  readonly link: Link
}

type Due<Payload, Running extends Actor<Payload>> =
  | {
      readonly type: 'arrive'
      readonly from: Host<Payload, Running>
      readonly to: Host<Payload, Running>
      readonly life: number
      readonly payload: Payload
      /** It has come through the line of the host. */
      readonly isIn: boolean
    }
  | { readonly type: 'wake'; readonly host: Host<Payload, Running>; readonly life: number }
  | { readonly type: 'run'; readonly run: () => void }

/**
 * Hosts, links and faults under virtual time. One seed decides everything: the same calls give the same events in the
 * same order, on every machine. Nothing here knows what the actors are.
 */
export class World<Payload, Running extends Actor<Payload> = Actor<Payload>> {
  /** The world's own luck, for scenarios; links draw from another. */
  readonly rng: Rng
  readonly #options: WorldOptions<Payload>
  readonly #linkRng: Rng
  readonly #queue = new EventQueue<Due<Payload, Running>>()
  readonly #hosts = new Map<HostId, Host<Payload, Running>>()
  readonly #linkOptions = new Map<string, LinkOptions>()
  #now: Millis = 0

  constructor(options: WorldOptions<Payload>) {
    this.#options = options
    this.rng = new Rng(options.seed)
    this.#linkRng = this.rng.fork('links')
  }

  /** Virtual time in ms; starts at 0 and never goes back. */
  get now(): Millis {
    return this.#now
  }

  /** Every host, up or down, in the order in which they were added. */
  get hosts(): HostId[] {
    return [...this.#hosts.keys()]
  }

  /** Adds a host and starts it; `start` is called again after each restart. */
  add(id: HostId, start: (port: Port<Payload>, now: Millis) => Running): void {
    if (this.#hosts.has(id)) throw new RangeError(`host ${id} exists`)
    const line = { access: this.#options.accessOf?.(id), upIdleAt: 0, downIdleAt: 0 }
    const host = { id, start, links: new Map(), life: 0, actor: undefined, wakeAt: undefined, group: 0, ...line }
    this.#hosts.set(id, host)
    this.#boot(host)
  }

  /** What runs on a host; undefined while it is down. Use {@link act} to make it do something. */
  actor(id: HostId): Running | undefined {
    return this.#host(id).actor
  }

  /** Calls into an actor from outside, at the present time. Returns false, and does nothing, while the host is down. */
  act(id: HostId, use: (actor: Running, now: Millis) => void): boolean {
    const host = this.#host(id)
    if (host.actor === undefined) return false
    use(host.actor, this.#now)
    this.#poll(host)
    return true
  }

  /** Runs something when the time has come: a step of a scenario. */
  at(time: Millis, run: () => void): void {
    this.#queue.push(Math.max(time, this.#now), { type: 'run', run })
  }

  /** Gives two hosts links of their own, both ways. What is on its way keeps its time. */
  setLink(a: HostId, b: HostId, options: LinkOptions): void {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      this.#linkOptions.set(pairKey(from, to), options)
      this.#host(from).links.delete(to)
    }
  }

  /**
   * Splits the hosts: only those of one group hear each other; hosts that are not named form one more group. What is
   * on its way between groups is lost if it arrives before `heal`.
   */
  partition(groups: readonly (readonly HostId[])[]): void {
    for (const host of this.#hosts.values()) host.group = 0
    for (const [index, group] of groups.entries()) for (const id of group) this.#host(id).group = index + 1
    this.#tell({ type: 'partitioned' })
  }

  heal(): void {
    for (const host of this.#hosts.values()) host.group = 0
    this.#tell({ type: 'healed' })
  }

  /** Whether both hosts are up and in one group. */
  isConnected(a: HostId, b: HostId): boolean {
    const [first, second] = [this.#host(a), this.#host(b)]
    return first.actor !== undefined && second.actor !== undefined && first.group === second.group
  }

  /** The host forgets everything, at once. What is on its way to it is lost; what it has sent still arrives. */
  crash(id: HostId): void {
    const host = this.#host(id)
    if (host.actor === undefined) return
    host.actor = undefined
    host.wakeAt = undefined
    host.life++
    host.links.clear()
    this.#tell({ type: 'crashed', host: id })
  }

  /** Starts a host that is down, as a new life. */
  restart(id: HostId): void {
    const host = this.#host(id)
    if (host.actor !== undefined) return
    this.#boot(host)
    this.#tell({ type: 'restarted', host: id })
  }

  /** Does what is due next, and moves the time to it. Returns false if nothing is. */
  step(): boolean {
    const at = this.#queue.firstAt
    const due = this.#queue.take()
    if (at === undefined || due === undefined) return false
    this.#now = at
    if (due.type === 'run') due.run()
    else if (due.type === 'wake') this.#wake(due.host, due.life)
    else this.#arrive(due)
    return true
  }

  /** Runs until the given time and leaves the clock there. */
  run(until: Millis): void {
    while ((this.#queue.firstAt ?? Infinity) <= until) this.step()
    this.#now = Math.max(this.#now, until)
  }

  /** Runs until nothing is due any more; throws after `stepsMax` steps, since actors with a heartbeat never end. */
  drain(stepsMax = 10_000_000): void {
    for (let steps = 0; this.step(); steps++) {
      if (steps >= stepsMax) throw new RangeError(`still busy after ${stepsMax} steps, at ${this.#now} ms`)
    }
  }

  #boot(host: Host<Payload, Running>): void {
    const { id, life } = host
    const send = (to: HostId, payload: Payload): void => {
      if (host.life === life) this.#send(host, to, payload)
    }
    host.actor = host.start({ id, life, rng: this.rng.fork(`${id}/${life}`), send }, this.#now)
    this.#poll(host)
  }

  #send(from: Host<Payload, Running>, to: HostId, payload: Payload): void {
    const { id } = from
    const way = from.links.get(to)
    const target = way?.to ?? this.#host(to)
    this.#tell({ type: 'sent', from: id, to, payload })
    if (target.actor === undefined) return this.#tell({ type: 'lost', from: id, to, payload, cause: 'crash' })
    if (target.group !== from.group) return this.#tell({ type: 'lost', from: id, to, payload, cause: 'partition' })
    const size = this.#options.sizeOf?.(payload) ?? 0
    if (from.access !== undefined)
      from.upIdleAt = Math.max(this.#now, from.upIdleAt) + (size * 1000) / from.access.upBytesPerSecond
    const { link } = way ?? this.#newWay(from, target)
    const arrivals = link.carry(Math.max(this.#now, from.upIdleAt), size, this.#linkRng)
    if (arrivals.length === 0) this.#tell({ type: 'lost', from: id, to, payload, cause: 'loss' })
    const { life } = target
    for (const at of arrivals) this.#queue.push(at, { type: 'arrive', from, to: target, life, payload, isIn: false })
  }

  #arrive(due: Due<Payload, Running> & { type: 'arrive' }): void {
    const { from: sender, to: host, life, payload } = due
    const from = sender.id
    const to = host.id
    if (host.actor === undefined || host.life !== life) {
      return this.#tell({ type: 'lost', from, to, payload, cause: 'crash' })
    }
    if (host.group !== sender.group) {
      return this.#tell({ type: 'lost', from, to, payload, cause: 'partition' })
    }
    if (host.access !== undefined && !due.isIn) {
      const took = ((this.#options.sizeOf?.(payload) ?? 0) * 1000) / host.access.downBytesPerSecond
      host.downIdleAt = Math.max(this.#now, host.downIdleAt) + took
      if (host.downIdleAt > this.#now) return this.#queue.push(host.downIdleAt, { ...due, isIn: true })
    }
    this.#tell({ type: 'arrived', from, to, payload })
    host.actor.receive(from, payload, this.#now)
    this.#poll(host)
  }

  #wake(host: Host<Payload, Running>, life: number): void {
    if (host.actor === undefined || host.life !== life || host.wakeAt !== this.#now) return
    host.wakeAt = undefined
    host.actor.tick(this.#now)
    const next = host.actor.nextWakeup
    if (next !== undefined && next <= this.#now)
      throw new RangeError(`host ${host.id} did not move its wake-up past ${next}`)
    this.#wakeUp(host, next)
  }

  /** Reads the actor's deadline. One that moved leaves its old entry in the queue, to be passed over. */
  #poll(host: Host<Payload, Running>): void {
    this.#wakeUp(host, host.actor?.nextWakeup)
  }

  #wakeUp(host: Host<Payload, Running>, next: Millis | undefined): void {
    const at = next === undefined ? undefined : Math.max(next, this.#now)
    if (at === host.wakeAt) return
    host.wakeAt = at
    if (at !== undefined) this.#queue.push(at, { type: 'wake', host, life: host.life })
  }

  #newWay(from: Host<Payload, Running>, to: Host<Payload, Running>): Way<Payload, Running> {
    const way = { to, link: new Link(this.#linkOptionsOf(from.id, to.id)) }
    from.links.set(to.id, way)
    return way
  }

  #linkOptionsOf(from: HostId, to: HostId): LinkOptions {
    const own = this.#linkOptions.size > 0 ? this.#linkOptions.get(pairKey(from, to)) : undefined
    return own ?? this.#options.linkOf?.(from, to) ?? this.#options.link ?? {}
  }

  #host(id: HostId): Host<Payload, Running> {
    const host = this.#hosts.get(id)
    if (host === undefined) throw new RangeError(`no host ${id}`)
    return host
  }

  #tell(event: WorldEvent<Payload>): void {
    this.#options.onEvent?.(event, this.#now)
  }
}

const pairKey = (from: HostId, to: HostId): string => `${from}\0${to}`
