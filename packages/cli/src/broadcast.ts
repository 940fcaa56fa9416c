import { runBroadcast, type BroadcastOptions, type BroadcastRun, type Quantiles } from '@grapevine/sim/broadcast'
import { DeliveryCount } from '@grapevine/sim/report'
import type { BroadcastChoice } from './command/sim-broadcast.ts'
import type { Context } from './context.ts'
import { CommandError } from './failure.ts'
import { print, printJson, styled } from './output.ts'
import { broadcastOutcome } from './sim/broadcast-outcome.ts'
import { checkSimFiles, writeSimFiles, type SimFiles } from './sim/output.ts'
import { table } from './table.ts'

/** Runs `sim broadcast` and prints what came out. Error `usage` for a mesh that cannot be. */
export async function simulateBroadcast(choice: BroadcastChoice, context: Context, files: SimFiles): Promise<void> {
  const { nodes, topology, latency, rate, seconds, batch, seed } = choice
  const options: BroadcastOptions = {
    nodes,
    topology,
    degree: choice.d,
    latencyMs: latency,
    isExponential: choice.exponential === true,
    rate,
    seconds,
    batchMs: batch,
  }
  await checkSimFiles(files)
  const deliveries = new DeliveryCount()
  const run = runChecked(options, seed, deliveries)
  await writeSimFiles(files, () => broadcastOutcome({ options, seed, run, parts: deliveries.parts }))
  if (context.json) return printJson({ options, seed, ...run })
  await print(
    styled('bold', `broadcast: ${nodes.toLocaleString('en')} nodes, ${topology}, ${latency} ms, seed ${seed}`),
  )
  for (const line of table(rowsOf(run))) await print(line)
}

function runChecked(options: BroadcastOptions, seed: number, deliveries: DeliveryCount): BroadcastRun {
  try {
    return runBroadcast(options, seed, deliveries)
  } catch (error) {
    if (error instanceof RangeError)
      throw new CommandError('usage', error.message, 'see: grapevine sim broadcast --help')
    throw error
  }
}

function rowsOf({
  operations,
  broadcasts,
  messages,
  messagesPerOperation,
  stableMs,
  reachMs,
  lost,
}: BroadcastRun): string[][] {
  const quantiles = ({ p50, p95, p99, max }: Quantiles): string =>
    `median ${p50} ms, p95 ${p95} ms, p99 ${p99} ms, slowest ${max} ms`
  const count = (value: number): string => value.toLocaleString('en')
  return [
    ['messages', `${messagesPerOperation.toFixed(2)} an operation, ${(messages / broadcasts).toFixed(1)} a broadcast`],
    ['stable', quantiles(stableMs)],
    ['reach', quantiles(reachMs)],
    ['operations', `${count(operations)}, of them ${count(broadcasts)} broadcasts; ${count(lost)} lost`],
  ]
}
