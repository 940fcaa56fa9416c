import { type BroadcastOptions, type BroadcastRun } from '@grapevine/sim/broadcast'
import { outcomeVersion, type DeliveryParts, type Figure, type RunOutcome, type TheoryRow } from '@grapevine/sim/report'
import { parametersOf } from './parameters.ts'
import { repeatCommand } from './repeat.ts'

/** A broadcast workload that has run, and what its deliveries made. */
export interface BroadcastResult {
  readonly options: BroadcastOptions
  readonly seed: number
  readonly run: BroadcastRun
  readonly parts: DeliveryParts
}

/** What `sim broadcast` writes with `--out`. */
export function broadcastOutcome({ options, seed, run, parts }: BroadcastResult): RunOutcome {
  const { nodes, topology, latencyMs } = options
  return {
    format: 'grapevine-outcome',
    version: outcomeVersion,
    kind: 'broadcast',
    title: `The broadcast workload on ${nodes.toLocaleString('en')} servers, ${topology}, ${latencyMs} ms`,
    command: repeatCommand(seed),
    seed,
    runs: 1,
    parameters: parametersOf(options),
    nodes,
    messages: run.broadcasts,
    timeUnit: 'ms',
    figures: figuresOf(run),
    ...parts,
    theory: theoryOf(options, run),
    counters: { operations: run.operations, broadcasts: run.broadcasts, messages: run.messages, lost: run.lost },
  }
}

function figuresOf({ messagesPerOperation, messages, broadcasts, stableMs, reachMs }: BroadcastRun): Figure[] {
  const ms = (name: string, value: number): Figure => ({ name, value, unit: 'ms' })
  return [
    { name: 'messages an operation', value: messagesPerOperation },
    ms('stable, median', stableMs.p50),
    ms('stable, slowest', stableMs.max),
    ms('reach, median', reachMs.p50),
    { name: 'messages a broadcast', value: messages / broadcasts },
    ms('stable, p95', stableMs.p95),
    ms('stable, p99', stableMs.p99),
    ms('reach, p95', reachMs.p95),
    ms('reach, p99', reachMs.p99),
    ms('reach, slowest', reachMs.max),
  ]
}

/** Each node sends a value over all its links but the one it came from: 2E − (N − 1) times, without batches. */
function theoryOf({ nodes, topology, degree, batchMs }: BroadcastOptions, run: BroadcastRun): TheoryRow[] {
  const links =
    topology === 'mesh' ? (nodes * degree) / 2 : topology === 'total' ? (nodes * (nodes - 1)) / 2 : nodes - 1
  if (batchMs > 0 || topology === 'grid') return []
  return [
    {
      name: 'messages a broadcast',
      ours: run.messages / run.broadcasts,
      expected: 2 * links - (nodes - 1),
      tolerance: 1e-9,
      source: '2E − (N − 1) with E links, exactly',
    },
  ]
}
