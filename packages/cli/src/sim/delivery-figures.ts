import type { Figure, RunOutcome } from '@grapevine/sim/report'

/** Figures of a scenario that simulation and real processes both have, under the same names: `sim compare` goes by them. */
export function deliveryFigures(
  { latency, copies = [] }: Pick<RunOutcome, 'latency' | 'copies'>,
  { percent, meshSize }: { readonly percent: number; readonly meshSize: number },
): Figure[] {
  const ms = (name: string, value: number): Figure => ({ name, value, unit: 'ms' })
  const got = copies.filter(([number]) => number > 0)
  const sum = (of: (copies: number) => number): number =>
    got.reduce((all, [number, times]) => all + of(number) * times, 0)
  return [
    { name: 'delivered', value: percent, unit: '%' },
    ...(latency ? [ms('median delay', latency.p50), ms('p99 delay', latency.p99)] : []),
    ...(got.length > 0
      ? [{ name: 'duplicates for each node and envelope', value: sum((number) => number - 1) / sum(() => 1) }]
      : []),
    ...(latency ? [ms('p90 delay', latency.p90), ms('slowest delivery', latency.max)] : []),
    { name: 'neighbours in the mesh', value: meshSize },
  ]
}
