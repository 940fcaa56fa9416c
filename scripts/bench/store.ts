/**
 * node --conditions=@grapevine/source scripts/bench/store.ts [--messages 1000000] [--directory DIR]
 *
 * What the store does on this disk: durable appends a second, in envelopes of 32 messages of 100 bytes and in records
 * of one message; how fast the keys of a full store are read at the start, and the memory that takes.
 */
import { randomFillSync } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Store, type StoreRecord } from '@grapevine/node/store'
import { alignTable } from '../main-job/table.ts'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '1000000' }, directory: { type: 'string', default: tmpdir() } },
})
const messagesMax = Number(values.messages)
/** Messages that wait for their acknowledgement at once. */
const windowSize = 4096
/** What an envelope adds to its messages, and each message within it. */
const [envelopeBytes, messageBytes] = [150, 103]

const rows: [what: string, result: string][] = []
const directory = mkdtempSync(join(values.directory, 'grapevine-bench-'))
const seconds = (since: number): number => (performance.now() - since) / 1000
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

/** Random bytes, made once: making them anew took longer than storing them. */
const noise = randomFillSync(new Uint8Array(8 << 20))

/** Some of them, elsewhere for each number. */
const noiseAt = (number: number, size: number): Uint8Array => {
  const at = (number * 7919) % (noise.length - size)
  return noise.subarray(at, at + size)
}

/** Keys that are all different. */
function keysFrom(sequence: number, count: number): Uint8Array {
  const keys = new Uint8Array(noiseAt(sequence, 16 * count))
  const view = new DataView(keys.buffer)
  for (let index = 0; index < count; index++) view.setUint32(16 * index, Math.imul(sequence + index, 0x9e37_79b1))
  return keys
}

function record(sequence: number, count: number): StoreRecord {
  const time = 1_767_225_600_000_000 + sequence * 10
  return {
    topic: 'bench',
    bytes: noiseAt(sequence, envelopeBytes + count * messageBytes),
    time,
    keyTime: time,
    author: new Uint8Array(32).fill(1),
    epoch: 1,
    sequence,
    count,
    kept: undefined,
    keys: keysFrom(sequence, count),
    ids: undefined,
    from: '12D3KooWGrapevineGrapevineGrapevineGrapevineGrapevine',
    arrivedAt: time,
    via: 'live',
  }
}

/** Appends records one by one, `windowSize` messages under way; returns messages a second, acknowledged, and CPU a message, of all threads. */
async function append(store: Store, messages: number, count: number): Promise<{ rate: number; micros: number }> {
  const begin = performance.now()
  const cpu = process.cpuUsage()
  let next = 0
  const one = async (): Promise<void> => {
    while (next < messages) {
      const sequence = next
      next += count
      await store.append([record(sequence, count)])
    }
  }
  await Promise.all(Array.from({ length: windowSize / count }, one))
  const { user, system } = process.cpuUsage(cpu)
  return { rate: messages / seconds(begin), micros: (user + system) / messages }
}

async function appendTo(path: string, messages: number, count: number): Promise<void> {
  const store = await Store.open({ path })
  const { rate, micros } = await append(store, messages, count)
  await store.close()
  rows.push([
    `append, ${count} × 100 B a record`,
    `${Math.round(rate).toLocaleString('en')} messages/s, ${micros.toFixed(1)} µs of CPU each`,
  ])
}

/** Memory of the process that cannot be given back. */
function memory(): number {
  for (let round = 0; round < 4; round++) globalThis.gc?.()
  return process.memoryUsage.rss()
}

async function start(path: string): Promise<void> {
  const before = memory()
  const begin = performance.now()
  const store = await Store.open({ path })
  const opened = seconds(begin)
  let count = 0
  // As an index holds them: 24 bytes a message.
  const kept: (Float64Array | Uint8Array)[] = []
  for await (const { times, keys } of store.keys('bench')) {
    count += times.length
    kept.push(times, keys)
  }
  rows.push([
    `open, then all keys of ${count.toLocaleString('en')} messages`,
    `${opened.toFixed(2)} s + ${(seconds(begin) - opened).toFixed(2)} s`,
  ])
  rows.push(['more memory, with the keys (24 B each)', megabytes(memory() - before)])
  kept.length = 0
  await store.close()
}

try {
  const [batches, singles] = [join(directory, 'batches.db'), join(directory, 'singles.db')]
  await appendTo(batches, messagesMax, 32)
  await appendTo(singles, messagesMax, 1)
  for (const path of [batches, singles]) {
    rows.push([`size of the file, ${path === batches ? '32' : '1'} × 100 B a record`, megabytes(statSync(path).size)])
  }
  await start(singles)
  process.stdout.write(`${alignTable(rows).join('\n')}\n`)
} finally {
  rmSync(directory, { recursive: true, force: true })
}
