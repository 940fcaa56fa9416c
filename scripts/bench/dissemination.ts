/**
 * node --conditions=@grapevine/source scripts/bench/dissemination.ts [--nodes 20] [--rounds 3] [--sizes 1000,100000,1000000,8000000] [--ways push,announce,hybrid:16KiB]
 *
 * What it costs to bring a payload to all nodes of a network, and how long it takes: pushed (in several messages where one does not
 * hold it), announced and fetched, and hybrid. Each node is a process; they stand in a row in which each is connected to its five
 * neighbours on either side, on the loopback of a network namespace of their own, whose counter says what went over the wire. What
 * the nodes say to each other at rest is taken off. Needs a build, Linux and root.
 */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { type Dissemination, messageSizeMax, type TopicDefinitionInput } from '@grapevine/protocol'
import { type Member, Members } from '../../test/reliability/member.ts'
import { until } from '../../test/site.ts'
import { alignTable } from '../main-job/table.ts'

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
    sizes: { type: 'string', default: '1000,100000,1000000,8000000' },
    ways: { type: 'string', default: 'push,announce,hybrid:16KiB' },
    inside: { type: 'boolean', default: false },
  },
})
const [nodes, rounds] = [Number(values.nodes), Number(values.rounds)]
const sizes = values.sizes.split(',').map(Number)
const all: Readonly<Record<string, Dissemination>> = {
  push: 'push',
  announce: 'announce',
  'hybrid:16KiB': { hybrid: 16_384 },
}
const ways = values.ways.split(',')
const waitMs = 300_000
const restMs = 10_000

interface Run {
  /** On the wire, beyond what goes over it at rest. */
  readonly bytes: number
  /** Envelopes that a node got again, on average. */
  readonly copies: number
  /** From the publish to the last node that delivered, and to the middle one. */
  readonly lastMs: number
  readonly middleMs: number
}

if (values.inside) await measure()
else {
  const inside = [
    '--conditions=@grapevine/source',
    fileURLToPath(import.meta.url),
    '--inside',
    ...process.argv.slice(2),
  ]
  const shell = ['sh', '-c', 'ip link set lo up && exec "$0" "$@"', process.execPath, ...inside]
  const { status, error } = spawnSync('unshare', ['--net', ...shell], { stdio: 'inherit' })
  if (error !== undefined) console.error(`a network namespace of its own is needed: ${error.message}`)
  process.exitCode = status ?? 1
}

async function measure(): Promise<void> {
  await using members = await Members.open({ count: 0, reach: 5, config: { 'connections.target': 0 } })
  // Each has an address of its own, so that no connection that goes out takes the port of another.
  for (let index = 0; index < nodes; index++) await members.add({ host: `127.0.0.${index + 2}` })
  await Promise.all(members.all.map((member) => member.start()))
  for (const way of ways) await define(members.all, topicOf(way), all[way]!)
  // Meshes form, sketches are built, members find their places.
  await sleep(restMs)
  const [before, start] = [wireBytes(), performance.now()]
  await sleep(restMs)
  const restPerMs = (wireBytes() - before) / (performance.now() - start)
  console.error(`at rest: ${((restPerMs * 1_000) / 1e3).toFixed(0)} kB/s over the wire`)
  const rows: string[][] = []
  for (const size of sizes) {
    const runs = new Map<string, Run[]>(ways.map((way) => [way, []]))
    for (let round = 0; round < rounds; round++)
      for (const [way, of] of runs) {
        of.push(await run(members.all, way, size, restPerMs))
        console.error(size, way, of.at(-1))
      }
    for (const [way, of] of runs) rows.push(rowOf(size, way, of))
  }
  const head = [
    'payload',
    'way',
    'messages',
    'on the wire, MB',
    '÷ what the others need',
    'copies a node',
    'median node, ms',
    'last node, ms',
  ]
  console.log(alignTable([head, ...rows]).join('\n'))
}

function topicOf(way: string): string {
  return `bench/${way.split(':')[0]}`
}

async function define(members: readonly Member[], name: string, dissemination: Dissemination): Promise<void> {
  const definition: TopicDefinitionInput = { name, dissemination }
  for (const { client } of members) await client.call('topicDefine', {}, { body: { definition } })
  for (const { client } of members)
    await until(
      async () => (await client.call('topicShow', { topic: name })).mesh,
      (mesh) => mesh >= Math.min(5, members.length - 1),
      waitMs,
    )
}

async function run(members: readonly Member[], way: string, size: number, restPerMs: number): Promise<Run> {
  const topic = topicOf(way)
  const parts = partsOf(randomBytes(size), way === 'push' ? messageSizeMax : size)
  const held = await Promise.all(members.map(async (member) => (await facts(member, topic)).messages))
  const copies = await copiesOf(members)
  const [bytes, at, published] = [wireBytes(), performance.now(), Date.now()]
  const author = members[Math.floor(Math.random() * members.length)]!
  const ids = await Promise.all(
    parts.map(async (body) => (await author.client.call('publish', { topic }, { body })).id),
  )
  for (const [index, member] of members.entries())
    await until(
      async () => (await facts(member, topic)).messages,
      (messages) => messages >= held[index]! + parts.length,
      waitMs,
    )
  // What is still on its way is copies, which count.
  await sleep(2_000)
  const onWire = wireBytes() - bytes - restPerMs * (performance.now() - at)
  const times = await Promise.all(
    members.filter((member) => member !== author).map((member) => deliveredAt(member, ids)),
  )
  const sorted = times.map((time) => time - published).toSorted((a, b) => a - b)
  return {
    bytes: onWire,
    copies: ((await copiesOf(members)) - copies) / members.length,
    lastMs: sorted.at(-1)!,
    middleMs: sorted[Math.floor((sorted.length - 1) / 2)]!,
  }
}

async function facts({ client }: Member, topic: string): Promise<{ readonly messages: number }> {
  return (await client.call('topicShow', { topic })).stored ?? { messages: 0 }
}

/** What the nodes' own journals say: when the last of these was with the readers, in ms since 1970. All have one clock. */
async function deliveredAt({ client }: Member, ids: readonly string[]): Promise<number> {
  let last = 0
  for (const id of ids) {
    const { steps } = await client.call('why', { id })
    for (const { what, at } of steps) if (what === 'delivered') last = Math.max(last, Date.parse(at))
  }
  return last
}

async function copiesOf(members: readonly Member[]): Promise<number> {
  const counts = await Promise.all(members.map(async (member) => (await member.status()).counters.copies))
  return counts.reduce((sum, count) => sum + count, 0)
}

function partsOf(payload: Buffer, sizeMax: number): Buffer[] {
  const count = Math.ceil(payload.length / sizeMax)
  const each = Math.ceil(payload.length / count)
  return Array.from({ length: count }, (_, index) => payload.subarray(index * each, (index + 1) * each))
}

/** What this namespace's loopback has carried: headers of TCP and IP count, each byte once. */
function wireBytes(): number {
  const [, received] = /^\s*lo:\s*(\d+)/m.exec(readFileSync('/proc/net/dev', 'utf8'))!
  return Number(received)
}

function rowOf(size: number, way: string, runs: readonly Run[]): string[] {
  const middle = (key: keyof Run): number =>
    runs.map((of) => of[key]).toSorted((a, b) => a - b)[Math.floor((runs.length - 1) / 2)]!
  const messages = way === 'push' ? partsOf(Buffer.alloc(size), messageSizeMax).length : 1
  const bytes = middle('bytes')
  return [
    size.toLocaleString('en'),
    way,
    String(messages),
    (bytes / 1e6).toFixed(2),
    (bytes / (size * (nodes - 1))).toFixed(2),
    (middle('copies') / messages).toFixed(1),
    middle('middleMs').toFixed(0),
    middle('lastMs').toFixed(0),
  ]
}
