import { DeliveryCount, outcomeVersion, type RunOutcome } from '@grapevine/sim/report'
import { deliveryFigures } from '../delivery-figures.ts'
import { parametersOf } from '../parameters.ts'
import { repeatCommand } from '../repeat.ts'
import type { RealRun } from './run.ts'

/** What `sim run --real` writes: the same figures as the simulation of the scenario, as far as they can be measured. */
export function realOutcome(run: RealRun): RunOutcome {
  const { file, plan, book, meshSize, tookMs } = run
  const { name, text, seed, nodes, ...options } = file
  const { acknowledged } = book
  const hasRegions = plan.regions.length > 0
  const count = new DeliveryCount(plan.regions)
  const regionOf = (node: number): number | undefined => (hasRegions ? plan.regionOf(node) : undefined)
  let delivered = 0
  for (const [number, { id, node, at }] of acknowledged.entries()) {
    count.publish(number, nodes - 1)
    for (let other = 0; other < nodes; other++) {
      const cameAt = other === node ? undefined : book.cameAt(id, other)
      if (cameAt === undefined) continue
      delivered++
      count.deliver(number, cameAt - at, regionOf(node), regionOf(other))
    }
  }
  for (const [copies, times] of run.copies) count.got(copies, times)
  const { parts } = count
  const expected = acknowledged.length * (nodes - 1)
  return {
    format: 'grapevine-outcome',
    version: outcomeVersion,
    kind: 'real',
    title: text === '' ? `${name}: ${nodes} processes` : `${name}, real processes: ${text}`,
    command: repeatCommand(seed),
    seed,
    runs: 1,
    parameters: parametersOf({ name, nodes, ...options }),
    nodes,
    messages: acknowledged.length,
    timeUnit: 'ms',
    figures: deliveryFigures(parts, { percent: expected === 0 ? 100 : (100 * delivered) / expected, meshSize }),
    ...parts,
    theory: [],
    ...(run.bytes !== undefined && { bytes: run.bytes }),
    counters: {
      delivered,
      expected,
      'real ms': Math.round(tookMs),
      'publishes refused': [...book.refused.values()].reduce((sum, times) => sum + times, 0),
      'given to a reader again': book.repeated,
      gaps: book.gaps,
    },
  }
}
