import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Lab, labMissing } from '@grapevine/node/lab'
import { buildGoPeer } from '../go-peer.ts'
import { analyse, isInTime, type Spread } from './analysis.ts'
import { settingsOf, type Params } from './instruction.ts'
import { nodeIdentity } from './node-identity.ts'
import { delayMs, regions, shortestMs } from './region.ts'
import { authorOf, partialChain, subnetBlob, type Timing } from './scenario.ts'

const runner = fileURLToPath(new URL('./runner.ts', import.meta.url))

const missing = await labMissing()
if (missing !== undefined) console.log(`gossipsub-interop is skipped: ${missing}`)
const go = missing === undefined ? await buildGoPeer() : { missing: '' }

/** Until the end of its imports a program takes this long; two cores start all, and then the mesh forms. */
async function timing(): Promise<Timing> {
  const start = performance.now()
  await once(spawn(process.execPath, ['--conditions=@grapevine/source', runner], { stdio: 'ignore' }), 'exit')
  const seconds = (performance.now() - start) / 1_000
  return { startSeconds: Math.ceil(4 + 6 * seconds), flushSeconds: Math.ceil(3 + 2 * seconds) }
}

/** Plays a scenario; again with twice the time, and once more, on a machine that was too busy to keep to its timetable. */
async function playInTime(scenario: (timing: Timing) => Params, nodes: number, goNode: number): Promise<string[]> {
  const { startSeconds, flushSeconds } = await timing()
  for (let factor = 1; factor <= 4; factor *= 2) {
    const params = scenario({ startSeconds: startSeconds * factor, flushSeconds: flushSeconds * factor })
    const logs = await play(params, nodes, goNode)
    if (logs !== undefined) return logs
  }
  throw new Error('this machine is too busy: nodes were not ready in time')
}

/**
 * Plays a script in a lab with a node in each region; one is in Go where there is Go. Resolves to their stdouts; to
 * undefined, and at once, if one was late.
 */
async function play(params: Params, nodes: number, goNode: number): Promise<string[] | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'grapevine-interop-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'params.json')
  writeFileSync(file, JSON.stringify(params))
  await using lab = await Lab.open(nodes)
  const all = Array.from({ length: nodes }, (_, node) => node)
  for (const from of all) {
    // 50 Mbit/s, what a full node has.
    for (const to of all) await lab.link({ delayMs: delayMs(from, to), bytesPerSecond: 6_250_000 }, { from, to })
  }
  const logs = all.map(() => '')
  const late = new AbortController()
  late.signal.addEventListener('abort', () => void lab.close())
  await Promise.all(
    all.map(async (node) => {
      const [command, ...args] =
        'command' in go && node === goNode
          ? [go.command, 'gossipsub-interop']
          : [process.execPath, '--conditions=@grapevine/source', runner]
      const child = lab.spawn(node, command, [...args, '--params', file], { stdio: ['ignore', 'pipe', 'pipe'] })
      createInterface({ input: child.stdout! }).on('line', (line) => {
        logs[node] += `${line}\n`
        if (line.includes('"Waiting"') && !isInTime(logs[node]!)) late.abort()
      })
      const [[code], stderr] = await Promise.all([once(child, 'close'), text(child.stderr!)])
      if (code !== 0 && !late.signal.aborted) throw new Error(`node${node} ended with ${code}: ${stderr.slice(-2_000)}`)
    }),
  )
  return late.signal.aborted ? undefined : logs
}

describe.skipIf(missing !== undefined)('gossipsub-interop', { timeout: 300_000 }, () => {
  test('subnet-blob-msg over eight regions: every message reaches all, and none before light could', async () => {
    const nodes = regions.length
    const messages = 12
    // As many as the analysis leaves out: the mesh may still be forming.
    const warmUp = 4
    const spreads = analyse(await playInTime((times) => subnetBlob(nodes, messages, times), nodes, nodes - 1))
    expect(spreads.map(({ id }) => Number(id)).toSorted((a, b) => a - b)).toEqual([...Array(messages).keys()])
    const counted = spreads.slice(warmUp)
    console.log(table(counted))
    expect(counted.map(({ id, reached }) => [id, reached])).toEqual(counted.map(({ id }) => [id, 1]))
    for (const { id, duplicates, deliveries, publishedAtMs } of counted) {
      // Each of at most seven peers can send one copy, and one more when asked.
      expect(duplicates).toBeLessThan(2 * (nodes - 1))
      const author = authorOf(Number(id), nodes)
      for (const { node, atMs } of deliveries.filter((delivery) => delivery.node !== author)) {
        // Times in the log are cut to whole milliseconds.
        expect(atMs - publishedAtMs).toBeGreaterThanOrEqual(shortestMs(author, node) - 1)
      }
    }
  })

  test('partial-messages-chain: every node of a line gets all parts of every group', async () => {
    const [nodes, groups] = [4, 6]
    const logs = await playInTime((times) => partialChain(nodes, groups, times), nodes, 1)
    // The text that the check of gossipsub-interop looks for.
    const complete = logs.map((log) => log.split('"msg":"All parts received"').length - 1)
    expect(complete).toEqual(Array.from({ length: nodes }, () => groups))
  })
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
