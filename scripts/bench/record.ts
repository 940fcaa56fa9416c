/**
 * node --conditions=@grapevine/source scripts/bench/record.ts [--rounds 3]
 *
 * What recording costs: two node processes on loopback, both recorded, signed messages of 100 bytes on a best-effort topic,
 * with batching and without. Nothing recorded, events with digests of actions, events with actions; by turns, so that a noisy machine cancels
 * out. Then how large the recording of the receiver is, and how fast it is played.
 */
import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createNode } from '@grapevine/node'
import { writeOption } from '@grapevine/node/config'
import { initHome } from '@grapevine/node/home'
import { alignTable } from '../main-job/table.ts'
import type { Received } from './receiver.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const topic = 'bench'
const payloadSize = 100
const warmCount = 2_000
/** Publishes that wait for their acknowledgement at once, as `pub --lines` has. */
const windowSize = 4_096
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

type Kind = 'off' | 'digest' | 'bytes'

interface Round {
  readonly rate: number
  readonly publisherMicros: number
  readonly receiverMicros: number
  readonly bytesPerMessage: number
  /** Of the replay: messages a second. */
  readonly played: number
}

async function homeFor(home: string, kind: Kind): Promise<string> {
  await initHome(home)
  if (kind !== 'off') {
    writeOption(home, 'record.file', 'node.rec')
    writeOption(home, 'record.sizeMax', 2 ** 32)
    writeOption(home, 'record.actions', kind)
  }
  return home
}

async function round(kind: Kind, batchMax: number, count: number): Promise<Round> {
  const directory = mkdtempSync(join(tmpdir(), 'grapevine-bench-'))
  const [a, b] = await Promise.all(['a', 'b'].map((name) => homeFor(join(directory, name), kind)))
  const listen = ['/ip4/127.0.0.1/tcp/0']
  const node = await createNode({ home: a!, network: 'bench', listen, batchMax, control: false })
  const program = fileURLToPath(new URL('receiver.ts', import.meta.url))
  const execArgv = ['--conditions=@grapevine/source']
  const child = fork(program, [b!, node.ticket(), topic, 'best-effort'], { execArgv })
  let flooded: Awaited<ReturnType<typeof flood>>
  try {
    await once(child, 'message')
    // Without the disk, whose syncs hide what recording costs.
    await node.hold({ name: topic, delivery: 'best-effort' })
    await node.waitForPeers(topic, { waitPeers: 1 })
    const ask = async (wanted: number): Promise<Received> => {
      child.send(wanted)
      const [received] = (await once(child, 'message')) as [Received]
      return received
    }
    const warm = ask(warmCount)
    for (let sent = 0; sent < warmCount; sent++) await node.publish(topic, payload())
    await warm
    flooded = await flood(node, count, ask)
  } finally {
    const gone = once(child, 'exit')
    child.disconnect()
    await Promise.all([node.stop(), gone])
  }
  const replay = kind === 'off' ? { bytesPerMessage: 0, played: 0 } : playedOf(join(b!, 'node.rec'), count + warmCount)
  rmSync(directory, { recursive: true, force: true })
  return { ...flooded, ...replay }
}

async function flood(
  node: Awaited<ReturnType<typeof createNode>>,
  count: number,
  ask: (count: number) => Promise<Received>,
): Promise<Pick<Round, 'rate' | 'publisherMicros' | 'receiverMicros'>> {
  const done = ask(count)
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  let sent = 0
  const lane = async (): Promise<void> => {
    while (sent < count) {
      sent++
      await node.publish(topic, payload())
    }
  }
  await Promise.all(Array.from({ length: windowSize }, lane))
  const { cpuMicros } = await done
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { rate: count / seconds, publisherMicros: (user + system) / count, receiverMicros: cpuMicros / count }
}

/** Plays a recording, which has to be equal. */
function playedOf(file: string, messages: number): Pick<Round, 'bytesPerMessage' | 'played'> {
  const args = ['--conditions=@grapevine/source', main, 'replay', file, '--json']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the replay is not equal: ${stdout}${stderr}`)
  const { elapsedMs } = JSON.parse(stdout) as { elapsedMs: number }
  return { bytesPerMessage: statSync(file).size / messages, played: messages / (elapsedMs / 1000) }
}

let serial = 0
function payload(): Uint8Array {
  const bytes = Buffer.alloc(payloadSize)
  bytes.writeDoubleLE(performance.timeOrigin + performance.now(), 0)
  bytes.writeUInt32LE(serial++, 8)
  return bytes
}

const median = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor((list.length - 1) / 2)]!

const loads = [
  { name: 'in batches', batchMax: 1024, count: 200_000 },
  { name: 'one an envelope', batchMax: 1, count: 10_000 },
]
const kinds = ['off', 'digest', 'bytes'] as const
for (const { name, batchMax, count } of loads) {
  const rounds: Record<Kind, Round[]> = { off: [], digest: [], bytes: [] }
  for (let index = 0; index < Number(values.rounds); index++) {
    for (const kind of kinds) rounds[kind].push(await round(kind, batchMax, count))
  }
  const row = (label: string, key: keyof Round, digits = 0): string[] => [
    label,
    ...kinds.map((kind) => median(rounds[kind].map((result) => result[key])).toFixed(digits)),
  ]
  console.log(
    alignTable([
      [`100 B, ${name}`, 'not recorded', 'digests', 'actions'],
      row('messages/s', 'rate'),
      row('publisher CPU, µs a message', 'publisherMicros', 1),
      row('receiver CPU, µs a message', 'receiverMicros', 1),
      row('recording, bytes a message', 'bytesPerMessage'),
      row('played, messages/s', 'played'),
    ]).join('\n'),
  )
}
