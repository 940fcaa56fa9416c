import { DeliveryCount, outcomeVersion, type DeliveryParts, type Figure, type RunOutcome } from '@grapevine/sim/report'
import { scenarioInvariants, type ScenarioRun, type ScenarioViolation } from '@grapevine/sim/run'
import { deliveryFigures } from './delivery-figures.ts'
import { parametersOf } from './parameters.ts'
import { repeatCommand } from './repeat.ts'

/** What `sim run` writes: of messages, or of what nodes set where there are none. */
export function scenarioOutcome(run: ScenarioRun): RunOutcome {
  const { file, sent, now } = run
  const { name, text, seed, nodes, ...options } = file
  const things = countedOf(run)
  const parts = partsOf(run, things)
  const delivered = things.reduce((sum, { seen }) => sum + seen, 0)
  const expected = things.length * (nodes - 1)
  return {
    format: 'grapevine-outcome',
    version: outcomeVersion,
    kind: 'run',
    title: text === '' ? `${name}: ${nodes.toLocaleString('en')} nodes` : `${name}: ${text}`,
    command: repeatCommand(seed),
    seed,
    runs: 1,
    trace: run.trace,
    ...(run.violation && { problem: problemOf(run.violation) }),
    parameters: parametersOf({ name, nodes, ...options }),
    nodes,
    messages: things.length,
    timeUnit: 'ms',
    figures: figuresOf(run, parts, expected === 0 ? 100 : (100 * delivered) / expected),
    ...parts,
    theory: [],
    bytes: Math.round(sent.bytes),
    counters: {
      delivered,
      expected,
      'virtual ms': Math.round(now),
      packets: sent.packets,
      'packets lost': sent.lost,
      'invariants that did not hold': run.violation === undefined ? 0 : 1,
      ...Object.fromEntries(run.counters),
    },
  }
}

/** What did not hold, in a sentence. */
function problemOf({ invariant, node, atMs, message, detail }: ScenarioViolation): string {
  const about = message === undefined ? '' : `, message ${message}`
  const text = `${invariant} did not hold: ${scenarioInvariants[invariant]}. On ${node} after ${(atMs / 1000).toFixed(1)} s${about}: ${detail}`
  return text.slice(0, 2000)
}

/** Something that was to reach all nodes. */
interface Counted {
  readonly node: number
  readonly delays: Float32Array | undefined
  /** Nodes that it reached, but for its own. */
  readonly seen: number
}

function countedOf({ book, writes }: ScenarioRun): Counted[] {
  const ofDelays = (node: number, delays: Float32Array | undefined): Counted => {
    let seen = 0
    for (const [at, delay] of delays?.entries() ?? []) if (delay >= 0 && at !== node) seen++
    return { node, delays, seen }
  }
  const published = book.publishes.filter(({ isAcknowledged }) => isAcknowledged)
  if (book.publishes.length > 0) return published.map(({ node, message }) => ofDelays(node, message?.delays))
  return writes.writes.map(({ node, delays }) => ofDelays(node, delays))
}

function partsOf(run: ScenarioRun, things: readonly Counted[]): DeliveryParts {
  const { places } = run.population
  const { regions } = places
  const count = new DeliveryCount(regions)
  const regionOf = (node: number): number | undefined => (regions.length === 0 ? undefined : places.regionOf(node))
  for (const [number, { node, delays }] of things.entries()) {
    count.publish(number, run.file.nodes - 1)
    for (const [at, delay] of delays?.entries() ?? []) {
      if (delay >= 0 && at !== node) count.deliver(number, delay, regionOf(node), regionOf(at))
    }
  }
  for (const [copies, nodes] of run.copies.histogram) count.got(copies, nodes)
  return count.parts
}

function figuresOf(run: ScenarioRun, parts: DeliveryParts, percent: number): Figure[] {
  const { file, sent, now } = run
  const perSecond = (value: number): number => value / file.nodes / (now / 1000)
  return [
    ...deliveryFigures(parts, { percent, meshSize: run.meshSize }),
    { name: 'packets of a node', value: perSecond(sent.packets), unit: '/s' },
    { name: 'sent by a node', value: perSecond(sent.bytes) / 1000, unit: 'kB/s' },
  ]
}
