import type { Action, Millis, Ref, SessionReport } from '@grapevine/protocol'
import { keySize } from '@grapevine/protocol'
import type { Disk } from '../disk.ts'
import type { GossipHost } from '../gossip-host.ts'
import type { HostId } from '../world.ts'
import { commonRange, compareDisks, type Archives, type Expected } from './convergence.ts'
import type { Invariant } from './ledger.ts'
import type { TopicKind } from './plan.ts'

/** Stores that are not equal after this much quiet will not become so. */
const patienceMs = 600_000
/** Between two looks at them. */
const lookMs = 2_000
/** How often a comparison is tried again that did not come off: the peer was busy, or the stream broke. */
const attemptsMax = 30

/** What the end of a run needs of it. */
export interface EndingContext {
  readonly topics: ReadonlyMap<TopicKind, readonly HostId[]>
  readonly disks: ReadonlyMap<HostId, Disk>
  readonly areNeighbours: (topic: TopicKind, host: HostId, peer: HostId) => boolean
  readonly expected: readonly Expected[]
  readonly archives: Archives
  readonly now: () => Millis
  readonly at: (time: Millis, run: () => void) => void
  readonly act: (host: HostId, use: (gossip: GossipHost, now: Millis) => void) => void
  readonly fail: (invariant: Invariant, host: HostId, detail: string) => void
  readonly onEqual: () => void
}

/** Waits until the stores of the honest hosts are equal, and has them say so themselves. */
export class Ending {
  readonly #context: EndingContext
  readonly #quietAt: Millis
  /** The comparison that is under way. */
  #awaited: { readonly host: HostId; readonly ref: Ref; readonly done: (action: Compared) => void } | undefined
  /** Messages that were looked for and found, on each holder. */
  found = 0

  constructor(context: EndingContext) {
    this.#context = context
    this.#quietAt = context.now()
    this.#look()
  }

  /** A session ended on a host. */
  compared(host: HostId, action: Compared): void {
    const awaited = this.#awaited
    if (awaited === undefined || awaited.host !== host || awaited.ref !== action.ref) return
    this.#awaited = undefined
    awaited.done(action)
  }

  #look(): void {
    const { topics, disks, expected, archives, now, at, fail } = this.#context
    const unsettled = [...disks].find(([, disk]) => !disk.isSettled)
    const differences = [...topics].flatMap(([topic, holders]) => {
      const all = holders.map((host) => [host, disks.get(host)!] as const)
      // Two can have more in common than all.
      const pairs = this.#neighbours(topic).map(({ host, peer }) =>
        compareDisks(topic, new Map([host, peer].map((end) => [end, disks.get(end)!])), [], archives),
      )
      return [compareDisks(topic, new Map(all), expected, archives), ...pairs]
    })
    const difference = differences.find((found) => found !== undefined)
    if (difference === undefined && unsettled === undefined) return this.#verify(this.#pairs())
    if (now() - this.#quietAt < patienceMs) return at(now() + lookMs, () => this.#look())
    const { invariant, host, detail } = difference ?? {
      invariant: 'equal',
      host: unsettled![0],
      detail: 'its disk has not done its work',
    }
    fail(invariant, host, detail)
  }

  /** Whom to compare with whom, where they have a range of time in common. */
  #pairs(): Pair[] {
    const { topics, disks, expected } = this.#context
    const pairs: Pair[] = []
    for (const [topic, holders] of topics) {
      this.found += expected.filter((message) => message.topic === topic).length * holders.length
      const floors = holders.map((host) => disks.get(host)!.floors.get(topic))
      if (floors.some((floor) => floor !== undefined && floor.authors.size > 0)) continue
      if (
        commonRange(
          topic,
          holders.map((host) => disks.get(host)!),
        ) === undefined
      )
        continue
      pairs.push(...this.#neighbours(topic))
    }
    return pairs
  }

  /** Each holder of a topic and the next, where they are neighbours: between others floors can stand in the way. */
  #neighbours(topic: TopicKind): Pair[] {
    const holders = this.#context.topics.get(topic)!
    const pairs = holders.slice(1).map((peer, rank) => ({ topic, host: holders[rank]!, peer }))
    return pairs.filter(({ host, peer }) => this.#context.areNeighbours(topic, host, peer))
  }

  #verify(pairs: readonly Pair[], attempt = 1): void {
    const { now, at, act, fail, onEqual } = this.#context
    const [pair, ...rest] = pairs
    if (pair === undefined) return onEqual()
    const { host, peer, topic } = pair
    act(host, (gossip, then) => {
      // The answer comes in a later event.
      const ref = gossip.compare(peer, topic, 'verify', then)
      const done = ({ reason, report }: Compared): void => {
        if (reason === 'done' && report !== undefined) {
          const wrong = this.#wrong(host, topic, report)
          return wrong === undefined ? this.#verify(rest) : fail('verified', host, `${topic}, with ${peer}: ${wrong}`)
        }
        if (attempt === attemptsMax) return fail('verified', host, `${topic}, with ${peer}: ${reason} at last`)
        at(now() + lookMs, () => this.#verify(pairs, attempt + 1))
      }
      const awaited = { host, ref, done }
      this.#awaited = awaited
      at(now() + patienceMs, () => {
        if (this.#awaited === awaited) fail('verified', host, `${topic}, with ${peer}: no answer`)
      })
    })
  }

  #wrong(host: HostId, topic: TopicKind, { from, end, own, peer, equal }: SessionReport): string | undefined {
    let count = 0
    for (const { record } of this.#context.disks.get(host)!.records) {
      if (record.topic === topic && record.keyTime >= from && record.keyTime < end)
        count += record.keys.length / keySize
    }
    const text = `${count} on disk, ${own.count} said, ${peer.count} at the peer, ${equal ? 'equal' : 'not equal'}`
    return equal && own.count === count && peer.count === count ? undefined : text
  }
}

type Compared = Action & { readonly type: 'compared' }

interface Pair {
  readonly topic: TopicKind
  readonly host: HostId
  readonly peer: HostId
}
