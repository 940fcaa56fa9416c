/**
 * A chain index with a million headers: in order, backwards in runs of 2,000 as they are fetched, with and without finality; looking up
 * ancestors; a reorganisation; a snapshot. Seconds are of processor time, so that a busy machine harms little; median of 3 rounds, but for
 * the reorganisation.
 *
 *     node --expose-gc --conditions=@grapevine/source packages/protocol/test/chain/chain.bench.ts
 */
import { hash } from 'node:crypto'
import { ChainIndex } from '../../src/chain/index.ts'

const count = 1_000_000
const root = { id: 'root', item: undefined }
/** A new string each time, as from a decoder. */
const idOf = (height: number): string => (height === 0 ? 'root' : hash('sha256', String(height)))
const blocks = Array.from({ length: count }, (_, index) => ({
  id: idOf(index + 1),
  parentId: idOf(index),
  work: 4_295_032_833n,
  item: undefined,
}))

function fill(finalityDepth: number): ChainIndex {
  const index = new ChainIndex({ root, finalityDepth })
  for (const block of blocks) index.add(block, 'p', 0)
  return index
}

const before = memory()
const full = fill(Infinity)
console.log(`bytes of memory for each header, its ids not counted: ${Math.round((memory() - before) / count)}`)
measure('1,000,000 headers, all kept', () => fill(Infinity))
measure('1,000,000 headers, the last 100 not final', () => fill(100))
measure('1,000,000 headers, backwards in runs of 2,000', () => {
  const index = new ChainIndex({ root })
  for (let from = 0; from < count; from += 2000) {
    for (let at = from + 1999; at >= from; at--) index.add(blocks[at]!, 'p', 0)
  }
})
measure('1,000,000 ancestors at random heights', () => {
  full.add({ ...blocks[count - 1]!, id: 'side' }, 'p', 0)
  for (let at = 0; at < count; at++) full.ancestorAt('side', (at * 7919) % count)
})
const reorganise = (): void => {
  for (let at = 0; at <= 1000; at++) {
    full.add({ ...blocks[0]!, id: `b${at}`, parentId: at === 0 ? idOf(count - 1000) : `b${at - 1}` }, 'p', 0)
  }
}
measure('a reorganisation that 1,000 blocks leave', reorganise, 1)
const snapshot = measure('a snapshot of it', () => full.snapshot())
measure('back from the snapshot', () => ChainIndex.restore(snapshot, { finalityDepth: Infinity }))

function memory(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function measure<R>(name: string, run: () => R, rounds = 3): R {
  const seconds: number[] = []
  let result: R
  do {
    const start = process.cpuUsage()
    result = run()
    const { user, system } = process.cpuUsage(start)
    seconds.push((user + system) / 1e6)
  } while (seconds.length < rounds)
  console.log(`${name.padEnd(48)} ${seconds.toSorted((a, b) => a - b)[seconds.length >> 1]!.toFixed(3)} s`)
  return result
}
