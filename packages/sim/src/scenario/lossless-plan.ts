import { concatBytes, sha256, type Millis } from '@grapevine/protocol'
import type { LinkOptions } from '../link.ts'
import type { Rng } from '../rng.ts'
import type { HostId } from '../world.ts'
import {
  chainedMark,
  honestNames,
  type DiskFault,
  type Fault,
  type GossipPlan,
  type LosslessPlan,
  type PlannedPublish,
  type TopicKind,
} from './plan.ts'

const kinds: readonly TopicKind[] = ['plain', 'checked', 'content', 'judged', 'raw', 'limited', 'chained']
/** Publishes and faults come within this time. */
const lastMs = 8_000

/** Draws a run of lossless topics: a few hosts and messages, and any faults at once. */
export function drawLossless(rng: Rng): GossipPlan & { readonly lossless: LosslessPlan } {
  const hosts = rng.between(2, 5)
  const names = honestNames(hosts)
  const topics = new Map<TopicKind, readonly HostId[]>(
    rng
      .shuffle(kinds)
      .slice(0, rng.pick([1, 1, 2, 2, 3]))
      .map((kind) => [kind, rng.shuffle(names).slice(0, rng.between(2, hosts))]),
  )
  const slow = (maxMs: number): number => (rng.chance(0.5) ? rng.unit() * maxMs : 0)
  const isRough = rng.chance(0.7)
  const calmLink = { latencyMs: rng.unit() * 60, jitterMs: slow(80) }
  const link: LinkOptions = {
    ...calmLink,
    ...(isRough && { duplication: rng.unit() * 0.3, reorder: rng.unit() * 0.5, reorderMs: 150, loss: rng.unit() / 3 }),
  }
  const publishes = drawPublishes(rng, topics)
  return {
    hosts,
    hostile: rng.chance(0.3) ? 1 : 0,
    degree: rng.between(2, 4),
    topics,
    link,
    delays: { signMs: slow(10), verifyMs: slow(30), judgeMs: slow(60), gossipMs: slow(40) },
    batchMax: rng.pick([1, 3, 1024]),
    gossipIdsMin: rng.pick([4, 32, 1 << 18]),
    pendingBytesPerPeerMax: rng.chance(0.2) ? 24 << 10 : 4 << 20,
    publishes,
    faults: drawFaults(rng, names, publishes),
    lossless: {
      liars: rng.pick([0, 0, 0, 0, 1, 2]),
      skewsMs: drawSkews(rng, hosts),
      disk: { commitMs: rng.pick([1, 20, 300]), loadMs: slow(50), scrubMs: 1_000 + rng.unit() * 4_000 },
      diskFaults: drawDiskFaults(rng, names, topics),
      reconcileIntervalMs: rng.between(2_000, 12_000),
      storeBytesMax: rng.chance(0.15) ? 12_000 : 32 << 20,
      noticeMs: rng.pick([1, 300, 3_000]),
      // Chains of messages go on for a while.
      quietAt: Math.max(lastMs, publishes.at(-1)!.at) + 500,
      quietLink: rng.chance(0.5) ? link : calmLink,
    },
  }
}

/** Mostly within what others take, and at times so far ahead that they have to wait. */
function drawSkews(rng: Rng, hosts: number): Millis[] {
  const spread = rng.pick([0, 0, 5_000, 60_000, 150_000])
  return Array.from({ length: hosts }, () => Math.floor((rng.unit() * 2 - 1) * spread))
}

function drawPublishes(rng: Rng, topics: ReadonlyMap<TopicKind, readonly HostId[]>): PlannedPublish[] {
  const publishes: PlannedPublish[] = []
  for (let count = rng.between(3, 20); count > 0; count--) {
    const [topic, holders] = rng.pick([...topics])
    const at = rng.unit() * lastMs
    const host = rng.pick(holders)
    for (let burst = rng.chance(0.2) ? rng.between(2, 12) : 1; burst > 0; burst--) {
      publishes.push({ at, host, topic, payload: drawPayload(rng) })
      if (topic === 'chained') publishes.push(...drawChain(rng, publishes.at(-1)!, holders))
    }
    // The same content by another author, or once more by the same.
    if (rng.chance(0.2)) publishes.push({ ...publishes.at(-1)!, at: at + rng.unit() * 300, host: rng.pick(holders) })
  }
  return publishes.toSorted((a, b) => a.at - b.at)
}

/** Messages that each name the one before, mostly by its author and soon after it: elsewhere they come in any order. */
function drawChain(rng: Rng, first: PlannedPublish, holders: readonly HostId[]): PlannedPublish[] {
  const chain: PlannedPublish[] = []
  for (let count = rng.between(0, 4), before = first; count > 0; count--) {
    const payload = concatBytes(Uint8Array.of(chainedMark), sha256(before.payload), rng.bytes(8))
    const host = rng.chance(0.7) ? before.host : rng.pick(holders)
    before = { ...before, host, payload, at: before.at + rng.unit() * rng.pick([1, 100, 1_000]) }
    chain.push(before)
  }
  return chain
}

/** Mostly what every topic takes; now and then what a check or validator refuses, much, or nothing at all. */
function drawPayload(rng: Rng): Uint8Array {
  if (rng.chance(0.03)) return new Uint8Array(0)
  const payload = rng.bytes(rng.chance(0.05) ? rng.between(1, 8_000) : rng.between(8, 60))
  if (rng.chance(0.95)) payload[0] = payload[0]! & 0x7f
  return payload
}

function drawFaults(rng: Rng, names: readonly HostId[], publishes: readonly PlannedPublish[]): Fault[] {
  const faults: Fault[] = []
  for (let count = rng.pick([0, 1, 2]); count > 0; count--) {
    const at = rng.unit() * lastMs
    const order = rng.shuffle(names)
    const cut = rng.between(1, names.length - 1)
    faults.push({ at, type: 'partition', groups: [order.slice(0, cut), order.slice(cut)] })
    faults.push({ at: at + rng.unit() * 4_000, type: 'heal' })
  }
  for (let count = rng.pick([0, 1, 4]); count > 0; count--) {
    const at = rng.chance(0.5) ? rng.pick(publishes).at + rng.unit() * 30 : rng.unit() * lastMs
    const host = rng.pick(names)
    faults.push({ at, type: 'crash', host }, { at: at + rng.unit() * 3_000, type: 'restart', host })
  }
  if (rng.chance(0.2)) {
    const { topic, host, at } = rng.pick(publishes)
    faults.push({ at: at + rng.unit() * 100, type: 'rehold', host, topic })
  }
  return faults.toSorted((a, b) => a.at - b.at)
}

function drawDiskFaults(
  rng: Rng,
  names: readonly HostId[],
  topics: ReadonlyMap<TopicKind, readonly HostId[]>,
): DiskFault[] {
  const faults: DiskFault[] = []
  const at = (): Millis => rng.unit() * lastMs
  if (rng.chance(0.3)) faults.push({ type: 'full', at: at(), host: rng.pick(names), lastsMs: rng.unit() * 3_000 })
  for (let count = rng.pick([0, 0, 1, 3]); count > 0; count--) {
    faults.push({ type: 'damage', at: at() + 500, host: rng.pick(names), count: rng.between(1, 10) })
  }
  for (let count = rng.pick([0, 0, 0, 1, 2]); count > 0; count--) {
    const [topic, holders] = rng.pick([...topics])
    // What names a message that was let go would be taken here and not there.
    if (topic === 'chained') continue
    const author = rng.chance(0.3) ? { author: rng.pick(names) } : {}
    faults.push({ type: 'floor', at: at() + 400, host: rng.pick(holders), topic, ageMs: rng.unit() * 4_000, ...author })
  }
  return faults
}
