/**
 * node --conditions=@grapevine/source scripts/bench/record.ts [--rounds 3]
 *
 * What recording costs: two node processes on loopback, both recorded, signed messages of 100 bytes on a best-effort topic,
 * with batching and without. Nothing recorded, events with digests of actions, events with actions; by turns, so that a noisy machine cancels
 * out. Then how large the recording of the receiver is, and how fast it is played.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createNode } from '@grapevine/node'
import { writeOption } from '@grapevine/node/config'
import { initHome } from '@grapevine/node/home'
import { alignTable } from '../main-job/table.ts'
import { flood, type Flooded, median, receiverFor, topic, warmUp } from './pair.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } })
const main = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))

type Kind = 'off' | 'digest' | 'bytes'

interface Round extends Flooded {
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
  const receiver = await receiverFor(node, b!, 'best-effort')
  let warmCount: number
  let flooded: Flooded
  try {
    // Without the disk, whose syncs hide what recording costs.
    await node.hold({ name: topic, delivery: 'best-effort' })
    await node.waitForPeers(topic, { waitPeers: 1 })
    warmCount = await warmUp(node, receiver)
    flooded = await flood(node, count, receiver)
  } finally {
    await Promise.all([node.stop(), receiver.end()])
  }
  const replay = kind === 'off' ? { bytesPerMessage: 0, played: 0 } : playedOf(join(b!, 'node.rec'), count + warmCount)
  rmSync(directory, { recursive: true, force: true })
  return { ...flooded, ...replay }
}

/** Plays a recording, which has to be equal. */
function playedOf(file: string, messages: number): Pick<Round, 'bytesPerMessage' | 'played'> {
  const args = ['--conditions=@grapevine/source', main, 'replay', file, '--json']
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`the replay is not equal: ${stdout}${stderr}`)
  const { elapsedMs } = JSON.parse(stdout) as { elapsedMs: number }
  return { bytesPerMessage: statSync(file).size / messages, played: messages / (elapsedMs / 1000) }
}

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
