import { meshDuplicates, meshTransmissions } from '@grapevine/sim/epidemic'
import type { FloodOptions, LatencyLaw, MeshRun, MeshRunOptions } from '@grapevine/sim/mesh'
import { outcomeVersion, type DeliveryParts, type Figure, type RunOutcome, type TheoryRow } from '@grapevine/sim/report'
import { parametersOf } from './parameters.ts'
import { repeatCommand } from './repeat.ts'

/** A mesh that has run, and what its deliveries made. */
export interface MeshResult {
  readonly options: MeshRunOptions | FloodOptions
  readonly seed: number
  readonly run: MeshRun
  readonly parts: DeliveryParts
}

/** What `sim mesh` writes with `--out`. */
export function meshOutcome({ options, seed, run, parts }: MeshResult): RunOutcome {
  const { network, ...others } = options
  const sybils = 'attack' in options && options.attack ? `, ${count(options.attack.sybils)} sybils` : ''
  const size = `${count(options.nodes)} nodes${sybils}`
  return {
    format: 'grapevine-outcome',
    version: outcomeVersion,
    kind: 'mesh',
    title: `A gossipsub mesh of ${size}, ${count(run.messages)} ${run.messages === 1 ? 'message' : 'messages'}`,
    command: repeatCommand(seed),
    seed,
    runs: 1,
    parameters: {
      ...parametersOf(others),
      ...parametersOf({ ...network, latency: latencyText(network.latency) }, 'network.'),
    },
    nodes: options.nodes,
    messages: run.messages,
    timeUnit: 'ms',
    figures: figuresOf(run),
    ...parts,
    theory: theoryOf(options, run),
    bytes: run.sent.message * network.messageBytes,
    counters: {
      delivered: run.delivered,
      expected: run.expected,
      'copies sent': run.sent.message,
      IHAVE: run.sent.ihave,
      IWANT: run.sent.iwant,
      IDONTWANT: run.sent.idontwant,
      GRAFT: run.sent.graft,
      PRUNE: run.sent.prune,
      events: run.events,
    },
  }
}

const count = (value: number): string => value.toLocaleString('en')

function figuresOf({ delivered, expected, delayMs, duplicates, copies, meshSize, honestPart }: MeshRun): Figure[] {
  return [
    { name: 'delivered', value: (100 * delivered) / expected, unit: '%' },
    { name: 'median delay', value: delayMs.p50, unit: 'ms' },
    { name: 'p99 delay', value: delayMs.p99, unit: 'ms' },
    { name: 'duplicates for each node and message', value: duplicates },
    { name: 'p90 delay', value: delayMs.p90, unit: 'ms' },
    { name: 'slowest delivery', value: delayMs.max, unit: 'ms' },
    { name: 'copies for each delivery', value: copies },
    { name: 'neighbours in the mesh', value: meshSize.mean },
    { name: 'honest neighbours', value: 100 * honestPart, unit: '%' },
  ]
}

function theoryOf(options: MeshRunOptions | FloodOptions, run: MeshRun): TheoryRow[] {
  const { nodes, network, rules } = options
  if (network.loss > 0) return []
  const isHeld = rules.idontwantBytes > 0 && network.messageBytes >= rules.idontwantBytes
  if ('degree' in options) {
    const sends = options.messages * meshTransmissions(nodes, options.degree)
    const duplicates = meshDuplicates(nodes, options.degree)
    // Exact, but for what IDONTWANT keeps back.
    const spare = isHeld ? duplicates : 0
    return [
      {
        name: 'duplicates for each node and message',
        ours: run.duplicates,
        expected: duplicates,
        tolerance: spare + 1e-9,
        source: 'D − 2 + 2/N, exactly; less with IDONTWANT',
      },
      {
        name: 'copies sent',
        ours: run.sent.message,
        expected: sends,
        tolerance: isHeld ? sends : 0,
        source: 'messages × (N(D − 1) + 1), exactly; less with IDONTWANT',
      },
    ]
  }
  if (options.attack !== undefined || options.score !== undefined || isHeld) return []
  // Who is flooded by a publisher beyond its mesh sends the message to all of its own mesh, too.
  const connections = 2 * (typeof options.dials === 'number' ? options.dials : options.dials.length / nodes)
  const flooded = rules.floodPublish ? Math.max(0, (2 * (connections - run.meshSize.mean)) / nodes) : 0
  const duplicates = meshDuplicates(nodes, run.meshSize.mean) + flooded
  return [
    {
      name: 'duplicates for each node and message',
      ours: run.duplicates,
      expected: duplicates,
      // An announcement that is answered brings one more, and who gets a message by it floods all of its mesh.
      tolerance: 0.03 * duplicates + (2 * run.sent.iwant) / run.messages / nodes,
      source: 'D − 2 + 2/N of a given mesh, with D the mean; 2(connections − D)/N more by flood publish',
    },
  ]
}

/** How `--latency` would have it. */
function latencyText(latency: LatencyLaw): string {
  if (latency.law === 'constant') return `${latency.ms} ms`
  if (latency.law === 'uniform') return `${latency.minMs}..${latency.maxMs} ms`
  if (latency.law === 'exponential') return `exp:${latency.meanMs} ms`
  if (latency.law === 'links') return 'given for each link'
  return `by region, ${latency.map.regions.length} regions`
}
