import { Rng } from '../rng.ts'
import type { HostId } from '../world.ts'
import { runGossip, type GossipResult, type GossipRunOptions } from './gossip-run.ts'
import { drawLossless } from './lossless-plan.ts'
import { runLossless } from './lossless-run.ts'
import { honestNames, type Fault, type GossipPlan, type PlannedPublish, type TopicKind } from './plan.ts'

/** A family of runs: the seed draws the plan, within the scenario's bounds. */
export interface Scenario {
  readonly name: string
  /** What it is about, in one sentence. */
  readonly text: string
  readonly plan: (rng: Rng) => GossipPlan
}

const kinds: readonly TopicKind[] = ['plain', 'checked', 'content', 'judged', 'raw', 'limited']
const lastMs = 4_000

/** Every scenario, in the order in which seeds go through them. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'calm',
    text: 'perfect links and effects at once: every holder gets every message exactly once',
    plan: (rng) => draw(rng, {}),
  },
  {
    name: 'disorder',
    text: 'late, doubled and overtaking frames, slow signatures and validators; nothing is lost',
    plan: (rng) => draw(rng, { disorder: true }),
  },
  {
    name: 'loss',
    text: 'up to a third of all frames is lost: nothing arrives twice or wrong',
    plan: (rng) => draw(rng, { disorder: true, loss: true }),
  },
  {
    name: 'partition',
    text: 'the network splits and heals: a message reaches all of its own side',
    plan: (rng) => draw(rng, { disorder: rng.chance(0.5), partitions: true }),
  },
  {
    name: 'crash',
    text: 'hosts crash, lose all they know and come back with a larger epoch; topics are released and held again',
    plan: (rng) => draw(rng, { disorder: rng.chance(0.5), crashes: true }),
  },
  {
    name: 'hostile',
    text: 'hosts with keys of their own send junk, forgeries and contradictions ahead of the honest',
    plan: (rng) => draw(rng, { disorder: rng.chance(0.5), hostile: true }),
  },
  {
    name: 'chaos',
    text: 'any of these at once',
    plan: (rng) =>
      draw(rng, {
        disorder: rng.chance(0.7),
        loss: rng.chance(0.3),
        partitions: rng.chance(0.6),
        crashes: rng.chance(0.6),
        hostile: rng.chance(0.6),
      }),
  },
  {
    name: 'lossless',
    text: 'topics that are kept, under any of these, with failing disks, clocks that differ and hosts that lie: stores become equal',
    plan: drawLossless,
  },
]

/** Runs a scenario with a seed: the same result each time, on every machine. */
export function runScenario(scenario: Scenario, seed: number, options?: GossipRunOptions): GossipResult {
  const plan = scenario.plan(new Rng(seed).fork(scenario.name))
  return plan.lossless === undefined
    ? runGossip(plan, seed, options)
    : runLossless({ ...plan, lossless: plan.lossless }, seed, options)
}

interface Trouble {
  readonly disorder?: boolean
  readonly loss?: boolean
  readonly partitions?: boolean
  readonly crashes?: boolean
  readonly hostile?: boolean
}

function draw(rng: Rng, trouble: Trouble): GossipPlan {
  const hosts = rng.between(4, 20)
  const names = honestNames(hosts)
  const topics = new Map<TopicKind, readonly HostId[]>(
    rng
      .shuffle(kinds)
      .slice(0, rng.between(1, 3))
      .map((kind) => [kind, rng.shuffle(names).slice(0, rng.between(Math.ceil(hosts / 2), hosts))]),
  )
  const slow = (maxMs: number): number => (trouble.disorder === true && rng.chance(0.5) ? rng.unit() * maxMs : 0)
  const publishes = drawPublishes(rng, topics)
  const batchMax = rng.pick([1, 3, 1024])
  return {
    hosts,
    hostile: trouble.hostile === true ? rng.between(1, 3) : 0,
    degree: rng.between(2, 6),
    topics,
    link: {
      latencyMs: rng.unit() * 60,
      jitterMs: slow(80),
      ...(trouble.disorder === true && { duplication: rng.unit() * 0.3, reorder: rng.unit() * 0.5, reorderMs: 150 }),
      ...(trouble.loss === true && { loss: rng.unit() / 3 }),
    },
    delays: { signMs: slow(10), verifyMs: slow(30), judgeMs: slow(60), gossipMs: slow(40) },
    batchMax,
    // A gossip cache that forgets within the run puts the machine's own dedup to work.
    gossipIdsMin: trouble.disorder === true ? rng.pick([4, 32, 1 << 18]) : 1 << 18,
    // Just over twice what the largest envelope of one message costs: slow hosts stop and start to read.
    pendingBytesPerPeerMax: trouble.disorder === true && batchMax === 1 ? 24 << 10 : 4 << 20,
    publishes,
    faults: drawFaults(rng, names, publishes, trouble),
  }
}

function drawPublishes(rng: Rng, topics: ReadonlyMap<TopicKind, readonly HostId[]>): PlannedPublish[] {
  const publishes: PlannedPublish[] = []
  for (let count = rng.between(5, 25); count > 0; count--) {
    const [topic, holders] = rng.pick([...topics])
    const at = rng.unit() * lastMs
    const host = rng.pick(holders)
    for (let burst = rng.chance(0.2) ? rng.between(2, 12) : 1; burst > 0; burst--) {
      publishes.push({ at, host, topic, payload: drawPayload(rng) })
    }
    // The same content by another author, or once more by the same.
    if (rng.chance(0.2)) publishes.push({ ...publishes.at(-1)!, at: at + rng.unit() * 50, host: rng.pick(holders) })
  }
  return publishes.toSorted((a, b) => a.at - b.at)
}

/** Mostly what every topic takes; now and then what a check or validator refuses, or nothing at all. */
function drawPayload(rng: Rng): Uint8Array {
  const payload = rng.bytes(rng.chance(0.05) ? rng.between(0, 9_000) : rng.between(8, 60))
  if (payload.length > 0 && rng.chance(0.95)) payload[0] = payload[0]! & 0x7f
  return payload
}

function drawFaults(
  rng: Rng,
  names: readonly HostId[],
  publishes: readonly PlannedPublish[],
  trouble: Trouble,
): Fault[] {
  const faults: Fault[] = []
  if (trouble.partitions === true) {
    for (let count = rng.between(1, 2); count > 0; count--) {
      const at = rng.unit() * lastMs
      const order = rng.shuffle(names)
      const cut = rng.between(1, names.length - 1)
      faults.push({ at, type: 'partition', groups: [order.slice(0, cut), order.slice(cut)] })
      faults.push({ at: at + rng.unit() * 2_000, type: 'heal' })
    }
  }
  if (trouble.crashes === true) {
    for (let count = rng.between(1, 4); count > 0; count--) {
      const at = rng.unit() * lastMs
      const host = rng.pick(names)
      faults.push({ at, type: 'crash', host }, { at: at + rng.unit() * 1_000, type: 'restart', host })
      const { topic, host: author, at: publishedAt } = rng.pick(publishes)
      faults.push({ at: publishedAt + rng.unit() * 100, type: 'rehold', host: author, topic })
    }
  }
  return faults.toSorted((a, b) => a.at - b.at)
}
