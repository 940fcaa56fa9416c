import type { Millis } from '@grapevine/protocol'
import { EventQueue } from '../event-queue.ts'
import { Rng } from '../rng.ts'
import type { ScenarioFile } from '../scenario-file/scenario-file.ts'
import { pairsOf } from './connections.ts'
import { startLoads, topicsOf } from './load.ts'
import { Places } from './place.ts'
import { lateNodes, startEvents } from './timeline.ts'

/** Something that is done to the nodes of a scenario, or by them, at a time in ms. Nodes are numbers. */
export type PlanStep = { readonly atMs: Millis } & (
  | { readonly type: 'publish'; readonly node: number; readonly topic: string; readonly bytes: number }
  | { readonly type: 'partition'; readonly groups: readonly (readonly number[])[] }
  | { readonly type: 'heal' }
  | { readonly type: 'crash'; readonly nodes: readonly number[] }
  | { readonly type: 'start'; readonly nodes: readonly number[] }
  | { readonly type: 'leave'; readonly nodes: readonly number[] }
  | { readonly type: 'loss'; readonly loss: number }
)

/** Everything of a scenario that its seed decides, for those who play it with something else than machines. */
export interface ScenarioPlan {
  /** Who is connected with whom; the first one dials. */
  readonly pairs: readonly (readonly [from: number, to: number])[]
  /** Nodes that come later. */
  readonly late: ReadonlySet<number>
  /** In order. Writes of state and faults of disks are left out. */
  readonly steps: readonly PlanStep[]
  readonly topics: readonly string[]
  /** Names of the regions, if latencies go by them. */
  readonly regions: readonly string[]
  readonly regionOf: (node: number) => number
  /** One way. */
  readonly latencyMs: (from: number, to: number) => Millis
}

/**
 * The plan of a scenario: the same connections, latencies, publishers and faults that a `ScenarioRun` of the file has. Throws a
 * RangeError for a latency whose file was not read.
 */
export function planScenario(file: ScenarioFile): ScenarioPlan {
  const root = new Rng(file.seed)
  const places = new Places(file, root.fork('places'))
  const late = lateNodes(file)
  return {
    pairs: pairsOf(file.nodes, file.connections, root.fork('connections')),
    late,
    steps: stepsOf(file, root, late),
    topics: topicsOf(file),
    regions: places.regions,
    regionOf: (node) => places.regionOf(node),
    latencyMs: (from, to) => places.linkOf(from, to).latencyMs ?? 0,
  }
}

/** Has everything happen at once to nodes that are no more than up or down, and writes it down. */
function stepsOf(file: ScenarioFile, root: Rng, late: ReadonlySet<number>): PlanStep[] {
  const steps: PlanStep[] = []
  const queue = new EventQueue<() => void>()
  const up = new Set(Array.from({ length: file.nodes }, (_, node) => node).filter((node) => !late.has(node)))
  let now: Millis = 0
  const at = (time: Millis, run: () => void): void => queue.push(Math.max(now, time), run)
  const isUp = (node: number): boolean => up.has(node)
  const change = (type: 'crash' | 'start' | 'leave', nodes: readonly number[]): void => {
    const changed = nodes.filter((node) => isUp(node) === (type !== 'start'))
    for (const node of changed)
      if (type === 'start') up.add(node)
      else up.delete(node)
    if (changed.length > 0) steps.push({ atMs: now, type, nodes: changed })
  }
  startLoads({
    file,
    rng: root.fork('load'),
    isUp,
    at,
    publish: (node, topic, bytes) => void steps.push({ atMs: now, type: 'publish', node, topic, bytes }),
    write: () => undefined,
  })
  startEvents(file, root.fork('events'), {
    isUp,
    at,
    now: () => now,
    partition: (groups) => void steps.push({ atMs: now, type: 'partition', groups }),
    heal: () => void steps.push({ atMs: now, type: 'heal' }),
    crash: (nodes) => change('crash', nodes),
    start: (nodes) => change('start', nodes),
    leave: (nodes) => change('leave', nodes),
    setLoss: (loss) => void steps.push({ atMs: now, type: 'loss', loss }),
    fillDisks: () => undefined,
    damageDisks: () => undefined,
  })
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (next.at > file.durationMs) break
    now = next.at
    next.item()
  }
  return steps
}
