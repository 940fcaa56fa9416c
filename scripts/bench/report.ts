import { alignTable } from '../main-job/table.ts'
import type { FloodResult, PaceResult } from './measure.ts'
import { othersMax } from './quiet.ts'
import { ours, oursUnbatched } from './system.ts'

/** All rounds of one case: results by system, in the order of the rounds. */
export interface CaseResult {
  readonly key: 'a' | 'b' | 'c'
  readonly title: string
  readonly rounds: Readonly<Record<string, readonly (FloodResult | PaceResult)[]>>
}

/** Middle of a list; of an even number the lower of the two in the middle. */
const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) / 2)]!

/** A case as lines of text: medians of the rounds that nobody disturbed, and in the last columns ours divided by the row's. */
export function tableOf({ key, title, rounds }: CaseResult): string {
  const rows = Object.entries(rounds).map(([name, results]) =>
    key === 'c' ? paceRow(name, results as PaceResult[]) : floodRow(name, results as FloodResult[], rounds),
  )
  const head =
    key === 'c'
      ? [title, 'p50 ms', 'p99 ms', 'CPU µs a delivery', 'memory MB', 'lost', 'others %']
      : [
          title,
          'messages/s',
          'publisher µs',
          'receiver µs',
          'memory MB',
          'lost',
          'others %',
          'ours ÷ it',
          'ours unbatched ÷ it',
        ]
  return alignTable([head, ...rows]).join('\n')
}

function floodRow(name: string, all: readonly FloodResult[], rounds: CaseResult['rounds']): (string | number)[] {
  const of = middleOf(calm(all))
  const ratio = (to: string): string => {
    const mine = rounds[to] as readonly FloodResult[] | undefined
    if (mine === undefined || name.startsWith(ours)) return ''
    return (middleOf(calm(mine))('rate') / of('rate')).toFixed(2)
  }
  return [
    name,
    Math.round(of('rate')),
    of('publisherMicros').toFixed(1),
    of('receiverMicros').toFixed(1),
    megabytes(of('memoryPeak')),
    most(all),
    Math.round(of('others') * 100),
    ratio(ours),
    ratio(oursUnbatched),
  ]
}

function paceRow(name: string, all: readonly PaceResult[]): (string | number)[] {
  const of = middleOf(calm(all))
  return [
    name,
    of('p50').toFixed(1),
    of('p99').toFixed(1),
    Math.round(of('micros')),
    megabytes(of('memoryPeak')),
    most(all),
    Math.round(of('others') * 100),
  ]
}

/** The rounds that nobody disturbed; where there are none, all. */
function calm<Result extends FloodResult | PaceResult>(results: readonly Result[]): readonly Result[] {
  const undisturbed = results.filter(({ others }) => others <= othersMax)
  return undisturbed.length === 0 ? results : undisturbed
}

const middleOf =
  <Result extends FloodResult | PaceResult>(results: readonly Result[]): ((key: keyof Result) => number) =>
  (key) =>
    median(results.map((result) => result[key] as number))

/** Of lost messages the worst round counts. */
const most = (results: readonly { readonly lost: number }[]): number => Math.max(...results.map(({ lost }) => lost))

const megabytes = (bytes: number): number => Math.round(bytes / 1e6)
