/**
 * node --conditions=@grapevine/source scripts/bench/batching.ts [--rounds 3]
 *
 * What batching buys and costs: two node processes on loopback, signed messages of 100 bytes. Latency of lone messages
 * (one every 20 ms) and rate of a flood, with batching and without, interleaved A B A B so that a noisy machine cancels out.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createNode } from '@grapevine/node'
import { alignTable } from '../main-job/table.ts'
import type { Received } from './receiver.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const topic = 'bench'
const payloadSize = 100
const warmCount = 2_000
const loneCount = 300
const loneEveryMs = 20
/** Publishes that wait for their acknowledgement at once, as `pub --lines` has. */
const windowSize = 4_096

interface Round {
  readonly p50: number
  readonly p99: number
  readonly rate: number
  readonly publisherMicros: number
  readonly receiverMicros: number
}

async function round(batchMax: number, floodCount: number): Promise<Round> {
  const directory = mkdtempSync(join(tmpdir(), 'grapevine-bench-'))
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const node = await createNode({ home: join(directory, 'a'), network: 'bench', listen, batchMax, control: false })
  const child = fork(
    fileURLToPath(new URL('receiver.ts', import.meta.url)),
    [join(directory, 'b'), node.ticket(), topic],
    {
      execArgv: ['--conditions=@grapevine/source'],
    },
  )
  try {
    await once(child, 'message')
    await node.waitForPeers(topic, { waitPeers: 1 })
    const ask = async (count: number): Promise<Received> => {
      child.send(count)
      const [received] = (await once(child, 'message')) as [Received]
      return received
    }
    // One by one, whatever the variant: both measure with the same code warm.
    const warm = ask(warmCount)
    for (let sent = 0; sent < warmCount; sent++) await node.publish(topic, stamped())
    await warm
    const lone = ask(loneCount)
    for (let sent = 0; sent < loneCount; sent++) {
      await node.publish(topic, stamped())
      await new Promise((resolve) => setTimeout(resolve, loneEveryMs))
    }
    const latencies = (await lone).latencies.toSorted((a, b) => a - b)
    const { rate, publisherMicros, receiverMicros } = await flood(node, floodCount, ask)
    return { p50: at(latencies, 0.5), p99: at(latencies, 0.99), rate, publisherMicros, receiverMicros }
  } finally {
    child.disconnect()
    await node.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

async function flood(
  node: Awaited<ReturnType<typeof createNode>>,
  count: number,
  ask: (count: number) => Promise<Received>,
): Promise<{ rate: number; publisherMicros: number; receiverMicros: number }> {
  const done = ask(count)
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  let sent = 0
  const lane = async (): Promise<void> => {
    while (sent < count) {
      sent++
      await node.publish(topic, stamped())
    }
  }
  await Promise.all(Array.from({ length: Math.min(windowSize, count) }, lane))
  const { cpuMicros } = await done
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { rate: count / seconds, publisherMicros: (user + system) / count, receiverMicros: cpuMicros / count }
}

let serial = 0
/** A payload of its own, with the time at which it was written. */
function stamped(): Uint8Array {
  const bytes = Buffer.alloc(payloadSize)
  bytes.writeDoubleLE(performance.timeOrigin + performance.now(), 0)
  bytes.writeUInt32LE(serial++, 8)
  return bytes
}

const at = (sorted: readonly number[], part: number): number => sorted[Math.floor((sorted.length - 1) * part)]!
const median = (list: readonly number[]): number =>
  at(
    list.toSorted((a, b) => a - b),
    0.5,
  )

const variants = [
  { name: 'batching', batchMax: 1024, floodCount: 200_000 },
  { name: 'one a message', batchMax: 1, floodCount: 20_000 },
]
const results = variants.map(() => [] as Round[])
for (let index = 0; index < Number(values.rounds); index++) {
  for (const [which, { batchMax, floodCount }] of variants.entries())
    results[which]!.push(await round(batchMax, floodCount))
}
const summary = results.map(
  (rounds) =>
    (key: keyof Round): number =>
      median(rounds.map((result) => result[key])),
)
const row = (name: string, key: keyof Round, digits: number): string[] => {
  const [batched, single] = summary.map((of) => of(key))
  return [name, batched!.toFixed(digits), single!.toFixed(digits), (batched! / single!).toFixed(2)]
}
console.log(
  alignTable([
    ['100 B, signed, two processes', 'batching', 'one a message', 'ratio'],
    row('lone message, p50 ms', 'p50', 2),
    row('lone message, p99 ms', 'p99', 2),
    row('flood, messages/s', 'rate', 0),
    row('publisher CPU, µs a message', 'publisherMicros', 1),
    row('receiver CPU, µs a message', 'receiverMicros', 1),
  ]).join('\n'),
)
