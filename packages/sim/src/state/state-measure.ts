import { encodeUtf8, type Millis } from '@grapevine/protocol'
import { encodeStateFrame } from '@grapevine/protocol/state'
import { overheadBytes, quantile, stateWorld, type StateWorldOptions, type Traffic } from './state-world.ts'

/** How long a value takes. */
export interface Spread {
  readonly medianMs: number
  readonly lastMs: number
  readonly bytesPerNode: number
}

/** Sets a key on one node, again and again, and waits until all have the value. Throws after two minutes without. */
export function measureSpread(options: StateWorldOptions, times: number): Spread {
  let began = 0
  const took: Millis[] = []
  const { world, names, traffic } = stateWorld({
    ...options,
    onState: (_, { changes }, now) => {
      if (changes.some(({ key }) => key === 'u:news')) took.push(now - began)
    },
  })
  const lasts: Millis[] = []
  let bytes = 0
  for (let turn = 0; turn < times; turn++) {
    world.run(world.now + 20_000 + world.rng.unit() * 1000)
    const before = traffic.bytes
    began = world.now
    world.act(world.rng.pick(names), (host, now) => host.set('u:news', encodeUtf8(`turn ${turn}`), now))
    while (took.length < (turn + 1) * names.length) {
      world.run(world.now + 20)
      if (world.now > began + 120_000) throw new RangeError(`not all have news of turn ${turn}`)
    }
    lasts.push(world.now - began)
    bytes += traffic.bytes - before
  }
  return { medianMs: quantile(took, 0.5), lastMs: quantile(lasts, 0.5), bytesPerNode: bytes / times / names.length }
}

/** How long it takes until others call a node that is gone failed. */
export interface Detection {
  readonly medianMs: number
  readonly p99Ms: number
  readonly maxMs: number
  /** Of how many (observer, crash). */
  readonly seen: number
  readonly expected: number
}

/** Crashes one node after another, for good, and notes when each of the others calls it failed. */
export function measureDetection(options: StateWorldOptions, crashes: number): Detection {
  const crashedAt = new Map<string, Millis>()
  const took: Millis[] = []
  const { world, names } = stateWorld({
    ...options,
    onMember: (_, { peer, status }, now) => {
      const at = crashedAt.get(peer)
      if (at !== undefined && status === 'failed') took.push(now - at)
    },
  })
  world.run(30_000)
  let expected = 0
  for (const name of world.rng.shuffle(names).slice(0, crashes)) {
    crashedAt.set(name, world.now)
    world.crash(name)
    expected += names.length - crashedAt.size
    world.run(world.now + 30_000 + world.rng.unit() * 1000)
  }
  const [medianMs, p99Ms, maxMs] = [0.5, 0.99, 1].map((part) => quantile(took, part))
  return { medianMs: medianMs!, p99Ms: p99Ms!, maxMs: maxMs!, seen: took.length, expected }
}

/** What goes wrong while all is well. */
export interface Quiet {
  readonly nodeHours: number
  /** How often a node that lives was called so by one other. */
  readonly failed: number
  readonly suspect: number
  /** Of those that were frozen, and of others while one was. */
  readonly failedFrozen: number
  readonly bytesPerNodeSecond: number
}

/** Runs so long with nobody failing, but with one node at a time frozen for `freezeMs` each half minute if that is given. */
export function measureQuiet(
  options: StateWorldOptions,
  { ms, freezeMs = 0 }: { ms: Millis; freezeMs?: Millis },
): Quiet {
  const counts = { failed: 0, suspect: 0, failedFrozen: 0 }
  let frozen = ''
  const { world, names, traffic } = stateWorld({
    ...options,
    onMember: (_, { peer, status }) => {
      if (status === 'failed') counts[peer === frozen ? 'failedFrozen' : 'failed']++
      if (status === 'suspect' && peer !== frozen) counts.suspect++
    },
  })
  world.run(30_000)
  const before: Traffic = { ...traffic }
  Object.assign(counts, { failed: 0, suspect: 0 })
  const end = world.now + ms
  while (world.now < end) {
    if (freezeMs > 0) {
      frozen = world.rng.pick(names)
      world.act(frozen, (host, now) => host.freeze(now + freezeMs))
    }
    world.run(Math.min(end, world.now + 30_000))
  }
  const bytesPerNodeSecond = (traffic.bytes - before.bytes) / names.length / (ms / 1000)
  return { ...counts, nodeHours: (names.length * ms) / 3_600_000, bytesPerNodeSecond }
}

/** Beats of a node in a second by default, to all of its watchers together. */
const beatsPerSecond = 10
const sampleMax = 40

/**
 * What a node sends in a second of rest, in a network of `nodes`: rounds as they are between some that hold the state of
 * all, and beats, which do not depend on how many there are. For networks of which not every node can be simulated.
 */
export function measureRest({ nodes, ...options }: StateWorldOptions): number {
  const sample = Math.min(nodes, sampleMax)
  const { world, traffic } = stateWorld({ ...options, nodes: sample, others: nodes - sample, role: 'replica' })
  world.run(20_000)
  const before = traffic.bytes
  world.run(world.now + 60_000)
  const beat = encodeStateFrame({ type: 'beat', epoch: 1_767_225_600_000, count: 100_000 })
  return (traffic.bytes - before) / sample / 60 + beatsPerSecond * (beat.length + overheadBytes)
}
