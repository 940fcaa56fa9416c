import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Lab, labMissing } from '../../network/lab.ts'
import { buildGoPeer } from '../go-peer.ts'
import { analyse, type Spread } from './analysis.ts'
import { settingsOf, type Instruction, type Params } from './instruction.ts'
import { nodeIdentity } from './node-identity.ts'
import { delayMs, regions, shortestMs } from './region.ts'

const runner = fileURLToPath(new URL('./runner.ts', import.meta.url))

const missing = await labMissing()
if (missing !== undefined) console.log(`gossipsub-interop is skipped: ${missing}`)
const go = missing === undefined ? await buildGoPeer() : { missing: '' }

/** The scenario subnet-blob-msg, small: a node in each region, three connections from each, twelve messages of 96 KiB. */
const topicID = 'a-subnet'
const nodes = regions.length
const connections = 3
const messages = 12
/** The analysis leaves out as many: the mesh may still be forming. */
const warmUp = 4

/** `startMs`: how long one program takes to start, by which the timetable goes. */
function scenario(startMs: number): Params {
  // Two cores start eight programs, and then the mesh forms.
  const startSeconds = Math.ceil(4 + (4 * startMs) / 1_000)
  const endSeconds = Math.ceil(startSeconds + 5 + startMs / 1_000)
  const only = (nodeID: number, instruction: Instruction): Instruction => ({
    type: 'ifNodeIDEquals',
    nodeID,
    instruction,
  })
  const each = (make: (node: number) => Instruction): Instruction[] =>
    Array.from({ length: nodes }, (_, node) => only(node, make(node)))
  const neighbours = (node: number): number[] => Array.from({ length: connections }, (_, at) => (node + 1 + at) % nodes)
  return {
    script: [
      ...each((node) => ({
        type: 'initGossipSub',
        gossipSubParams: { HeartbeatInitialDelay: 100e6 + 0.1e6 * (node + 1) },
      })),
      ...each((node) => ({ type: 'connect', connectTo: neighbours(node) })),
      { type: 'setTopicValidationDelay', topicID, delaySeconds: 0.005 },
      { type: 'subscribeToTopic', topicID },
      ...Array.from({ length: messages }, (_, messageID): Instruction[] => [
        { type: 'waitUntil', elapsedSeconds: startSeconds + Math.floor((messageID * 3) / messages) },
        only((messageID * 5) % nodes, { type: 'publish', messageID, messageSizeBytes: 2 * 1_024 * 48, topicID }),
      ]).flat(),
      { type: 'waitUntil', elapsedSeconds: endSeconds },
    ],
  }
}

/** Of one of our programs, to the end of its imports, in ms. */
async function startTime(): Promise<number> {
  const start = performance.now()
  await once(spawn(process.execPath, ['--conditions=@grapevine/source', runner], { stdio: 'ignore' }), 'exit')
  return performance.now() - start
}

/** Plays a script in a lab; the last node is in Go where there is one. Resolves to what each wrote on stdout. */
async function play(params: Params): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'grapevine-interop-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'params.json')
  writeFileSync(file, JSON.stringify(params))
  await using lab = await Lab.open(nodes)
  for (const from of regions.keys()) {
    // 50 Mbit/s, what a full node has.
    for (const to of regions.keys()) {
      if (from !== to) await lab.link({ delayMs: delayMs(from, to), bytesPerSecond: 6_250_000 }, { from, to })
    }
  }
  return await Promise.all(
    regions.map(async (_, node) => {
      const [command, ...args] =
        'command' in go && node === nodes - 1
          ? [go.command, 'gossipsub-interop']
          : [process.execPath, '--conditions=@grapevine/source', runner]
      const child = lab.spawn(node, command, [...args, '--params', file], { stdio: ['ignore', 'pipe', 'pipe'] })
      const end = once(child, 'exit')
      const [stdout, stderr] = await Promise.all([text(child.stdout!), text(child.stderr!)])
      const [code] = (await end) as [number]
      if (code !== 0) throw new Error(`node${node} ended with ${code}: ${stderr.slice(-2_000)}`)
      return stdout
    }),
  )
}

describe.skipIf(missing !== undefined)('gossipsub-interop', () => {
  test(
    'subnet-blob-msg over eight regions: every message reaches all, as fast as light',
    { timeout: 120_000 },
    async () => {
      const logs = await play(scenario(await startTime()))
      const spreads = analyse(logs)
      expect(spreads.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: messages }, (_, id) => String(id)),
      )
      const counted = spreads.slice(warmUp)
      console.log(table(counted))
      expect(counted.map(({ id, reached }) => [id, reached])).toEqual(counted.map(({ id }) => [id, 1]))
      for (const { id, duplicates, deliveries, publishedAtMs } of counted) {
        // Each of at most seven peers can send one copy, and one more when asked.
        expect(duplicates).toBeLessThan(2 * (nodes - 1))
        const author = (Number(id) * 5) % nodes
        for (const { node, atMs } of deliveries) {
          if (node === author) continue
          // Times in the log are cut to whole milliseconds.
          expect(atMs - publishedAtMs).toBeGreaterThanOrEqual(shortestMs(author, node) - 1)
        }
      }
    },
  )
})

test('peer ids are those of the other participants', () => {
  const digest = createHash('sha256')
  for (let node = 0; node < 10_000; node++) digest.update(`>${node}:${nodeIdentity(node).peerId}\n`)
  // From NodeKeyTest.kt of gossipsub-interop, where Go, Rust and JVM agree on it.
  expect(digest.digest('hex')).toBe('11395ea896d00ca25f7f648ebb336488ee092096a5498d90d76b92eaec27867a')
})

test('parameters in the names and units of Go become settings, and what cannot be set is named', () => {
  const { settings, ignored } = settingsOf({ D: 8, HeartbeatInterval: 700e6, HistoryLength: 6, MaxIHaveLength: 100 })
  expect(settings).toMatchObject({ D: 8, Dlo: 5, heartbeatInterval: 700, mcacheLength: 6, idontwantMinDataSize: 1_024 })
  expect(ignored).toEqual(['MaxIHaveLength'])
})

/** As analysis.txt of gossipsub-interop. */
const table = (spreads: readonly Spread[]): string =>
  ['Message ID, time to disseminate, time to deliver to 50 %, average duplicates, reached']
    .concat(
      spreads.map(({ id, timeMs, p50Ms, duplicates, reached }) =>
        [id, `${timeMs / 1_000}s`, `${p50Ms / 1_000}s`, duplicates, reached].join(', '),
      ),
    )
    .join('\n')
