/**
 * pnpm bench:reconcile [--keys 1000000] [--rounds 5]
 *
 * What reconciliation costs between two stores of a million messages, in one process and without a network: bytes of all
 * frames but those with records, round trips until the search is over, and processor time, also of the longest single call.
 */
import { randomFillSync } from 'node:crypto'
import { parseArgs } from 'node:util'
import { boundAt, KeyList, lastBound, SetIndex, sketchKey } from '@grapevine/protocol/reconcile'
import { alignTable } from '../main-job/table.ts'
import { cpuMs, loaded, reconcile, type SessionResult } from './reconcile-pair.ts'

const { values } = parseArgs({
  options: { keys: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '5' } },
})
const keyCount = Number(values.keys)
const rounds = Number(values.rounds)
const hashKey = sketchKey(new Uint8Array(32), 'bench')
const start = 1_767_225_600_000_000

/** One key a millisecond, unevenly. */
function randomKeys(count: number): KeyList {
  const times = Float64Array.from({ length: count }, (_, at) => start + at * 1000 + Math.floor(Math.random() * 1000))
  return KeyList.of(times, randomFillSync(new Uint8Array(count * 16)))
}

const all = randomKeys(keyCount)

const newest = (count: number): number[] => Array.from({ length: count }, (_, at) => keyCount - 1 - at)

function scattered(count: number, from = 0): number[] {
  const chosen = new Set<number>()
  while (chosen.size < count) chosen.add(from + Math.floor(Math.random() * (keyCount - from)))
  return [...chosen]
}

function remove(index: SetIndex, which: readonly number[]): void {
  for (const at of which) index.delete(all.time(at), all.id(at))
}

/** Each side lacks every other one of them. */
function part(which: readonly number[]): (a: SetIndex, b: SetIndex) => void {
  return (a, b) => {
    for (const [place, at] of which.entries()) remove(place % 2 === 0 ? a : b, [at])
  }
}

interface Case {
  readonly name: string
  readonly goal?: number
  readonly floor?: number
  readonly prepare: (a: SetIndex, b: SetIndex) => void
}

const cases: readonly Case[] = [
  { name: 'equal', prepare: () => undefined },
  { name: 'newest, d = 1', goal: 5_000, prepare: (a) => remove(a, newest(1)) },
  { name: 'newest, d = 100', goal: 11_000, prepare: (a) => remove(a, newest(100)) },
  { name: 'newest, d = 10,000', goal: 700_000, prepare: (a) => remove(a, newest(10_000)) },
  { name: 'scattered, d = 1', goal: 5_000, prepare: (a) => remove(a, scattered(1)) },
  { name: 'scattered, d = 100', goal: 30_000, prepare: (a, b) => part(scattered(100))(a, b) },
  { name: 'scattered, d = 10,000', goal: 1_000_000, prepare: (a, b) => part(scattered(10_000))(a, b) },
  { name: 'newest on both sides, d = 10,000', prepare: (a, b) => part(newest(10_000))(a, b) },
  // Its range leaves out more keys than a sketch is corrected for.
  {
    name: 'scattered, d = 100, no sketch',
    floor: all.time(10_000),
    prepare: (a, b) => part(scattered(100, 10_000))(a, b),
  },
]

globalThis.gc?.()
const memoryBefore = process.memoryUsage()
const first = loaded(hashKey, all)
globalThis.gc?.()
const memoryAfter = process.memoryUsage()
const memory = memoryAfter.arrayBuffers + memoryAfter.heapUsed - memoryBefore.arrayBuffers - memoryBefore.heapUsed
const second = loaded(hashKey, all)

function row(name: string, goal: number | undefined, results: readonly SessionResult[]): string[] {
  const most = (of: (result: SessionResult) => number): number => Math.max(...results.map(of))
  const median = (of: (result: SessionResult) => number): number =>
    results.map(of).toSorted((a, b) => a - b)[results.length >> 1]!
  return [
    name,
    String(median(({ bytes }) => bytes)),
    String(most(({ bytes }) => bytes)),
    goal === undefined ? '' : String(goal),
    String(most(({ trips }) => trips)),
    median(({ cpu }) => cpu[0]).toFixed(1),
    median(({ cpu }) => cpu[1]).toFixed(1),
    most(({ longest }) => longest).toFixed(1),
  ]
}

const rows = cases.map(({ name, goal, floor, prepare }) => {
  const results = Array.from({ length: rounds }, () => {
    prepare(first.index, second.index)
    const result = reconcile(first.index, second.index, floor)
    if (first.index.count !== keyCount || second.index.count !== keyCount) throw new Error(`${name}: not equal`)
    return result
  })
  return row(name, goal, results)
})
const joiner = new SetIndex(hashKey)
const joining = [reconcile(joiner, first.index), reconcile(joiner, first.index)]
for (const [at, result] of joining.entries()) {
  rows.push(row(`an empty store, session ${at + 1}: ${result.keys} keys`, undefined, [result]))
}
console.log(`${keyCount} keys, ${rounds} rounds\n`)
const head = ['', 'bytes, median', 'most', 'goal', 'round trips', 'CPU ms, opens', 'answers', 'longest call ms']
console.log(alignTable([head, ...rows]).join('\n'))

const perSecond = (count: number, work: (at: number) => void): string => {
  const before = cpuMs()
  for (let at = 0; at < count; at++) work(at)
  return ((count / (cpuMs() - before)) * 1000).toFixed(0)
}
const fresh = randomKeys(200_000)
const late = new SetIndex(hashKey)
console.log()
console.log(
  alignTable([
    ['the index', ''],
    ['memory, bytes a key', (memory / keyCount).toFixed(1)],
    ['load, ms', first.loadMs.toFixed(0)],
    ['sketch of all, ms in slices', first.buildMs.toFixed(0)],
    ['longest slice of either, ms', first.longest.toFixed(1)],
    [
      'look-ups a second, at random',
      perSecond(500_000, (at) => {
        const which = (at * 7919) % keyCount
        if (!first.index.has(all.time(which), all.ids, which * 16)) throw new Error('lost')
      }),
    ],
    ['adds a second, in order', perSecond(200_000, (at) => late.add(fresh.time(at), fresh.id(at)))],
    [
      'adds a second among all, at random',
      perSecond(100_000, (at) => first.index.add(all.time((at * 7919) % keyCount), fresh.id(at))),
    ],
    [
      'sums of the whole range a second',
      perSecond(1000, (at) => first.index.summary({ from: boundAt(at), to: lastBound })),
    ],
  ]).join('\n'),
)
