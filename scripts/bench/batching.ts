/**
 * node --conditions=@grapevine/source scripts/bench/batching.ts [--rounds 3]
 *
 * What batching buys and costs: two node processes on loopback, signed messages of 100 bytes. Latency of lone messages
 * (one every 20 ms) and rate of a flood, with batching and without, interleaved A B A B so that a noisy machine cancels out.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createNode } from '@grapevine/node'
import { alignTable } from '../main-job/table.ts'
import { at, flood, type Flooded, median, receiverFor, stamped, topic, warmUp } from './pair.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const loneCount = 300
const loneEveryMs = 20

interface Round extends Flooded {
  readonly p50: number
  readonly p99: number
}

async function round(batchMax: number, floodCount: number): Promise<Round> {
  const directory = mkdtempSync(join(tmpdir(), 'grapevine-bench-'))
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const node = await createNode({ home: join(directory, 'a'), network: 'bench', listen, batchMax, control: false })
  const receiver = await receiverFor(node, join(directory, 'b'))
  try {
    await node.waitForPeers(topic, { waitPeers: 1 })
    await warmUp(node, receiver)
    const lone = receiver.ask(loneCount)
    for (let sent = 0; sent < loneCount; sent++) {
      await node.publish(topic, stamped())
      await new Promise((resolve) => setTimeout(resolve, loneEveryMs))
    }
    const latencies = (await lone).latencies.toSorted((a, b) => a - b)
    return { p50: at(latencies, 0.5), p99: at(latencies, 0.99), ...(await flood(node, floodCount, receiver)) }
  } finally {
    await Promise.all([node.stop(), receiver.end()])
    rmSync(directory, { recursive: true, force: true })
  }
}

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
