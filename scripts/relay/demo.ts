import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { HeaderChain } from './bitcoin-headers/header-chain.ts'
import { type BlockHeader, encodeHeader } from './bitcoin-headers/header.ts'
import { branch } from './bitcoin-headers/mine.ts'
import { bitcoinNetworks } from './bitcoin-headers/network.ts'

// pnpm relay:demo: the Bitcoin relay on five nodes of a network on this machine. Two branches compete, and a node is killed in
// between; it catches up from the stores of others, in whatever order they give. Ends with `tips equal on 5 of 5 nodes: HEIGHT HASH`. Needs a build.

const grapevine = fileURLToPath(new URL('../../grapevine', import.meta.url))
const script = fileURLToPath(new URL('bitcoin-headers/relay.ts', import.meta.url))
const topic = 'bitcoin/regtest/headers'
const relay = 'bitcoin-regtest'
const count = 5
const patienceMs = 60_000

const place = mkdtempSync(join(tmpdir(), 'relay-demo-'))
const env = { ...process.env, HOME: place, BITCOIN_NETWORK: 'regtest', NO_COLOR: '1' }
delete (env as NodeJS.ProcessEnv)['GRAPEVINE_HOME']
const nodes = Array.from({ length: count }, (_, index) => `n${index + 1}`)

const run = async (node: string, ...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(grapevine, ['--node', node, ...args], { env, maxBuffer: 1 << 24 })).stdout.trim()

async function publish(node: string, headers: readonly BlockHeader[]): Promise<void> {
  const lines = headers.map((header) => Buffer.from(encodeHeader(header)).toString('base64'))
  const child = spawn(grapevine, ['--node', node, 'pub', topic, '-', '--lines', '--encoding', 'base64'], {
    env,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  child.stdin.end(lines.join('\n'))
  await once(child, 'close')
}

interface RelayStatus {
  readonly pid: number
  readonly counters: Readonly<Record<string, number>>
  readonly gauges: Readonly<Record<string, string | number>>
}
const status = async (node: string): Promise<RelayStatus> =>
  JSON.parse(await run(node, 'relay', 'status', relay, '--json')) as RelayStatus

/** Waits until these nodes have this tip. */
async function agree(who: readonly string[], { hash }: BlockHeader): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (const node of who) {
    while ((await status(node)).gauges['tip'] !== hash) {
      if (performance.now() > deadline) throw new Error(`${node} has not come to ${hash} in ${patienceMs / 1000} s`)
      await delay(100)
    }
  }
}

/** Waits until a node finds all stores equal: n3 has the best chain first, and the branch that lost a little later. */
async function verify(node: string): Promise<void> {
  for (const deadline = performance.now() + patienceMs; ; await delay(500)) {
    const isEqual = await run(node, 'topic', 'verify', topic).then(
      () => true,
      () => false,
    )
    if (isEqual) return
    if (performance.now() > deadline)
      throw new Error(`stores still differ after ${patienceMs / 1000} s, as ${node} sees it`)
  }
}

async function start(node: string): Promise<void> {
  await run(node, 'up', '--detach', '--listen', '/ip4/127.0.0.1/tcp/0')
  await run(node, 'relay', 'run', script, '--detach')
}

try {
  await run('n1', 'network', 'create', 'demo')
  await start('n1')
  const ticket = await run('n1', 'ticket')
  for (const node of nodes.slice(1)) {
    await run(node, 'join', ticket)
    await start(node)
  }
  console.log(`${count} nodes relay the headers of a Bitcoin network of their own`)

  const { item: genesis } = new HeaderChain(bitcoinNetworks.regtest).tip
  const trunk = branch([genesis], 10, 'trunk')
  await publish('n1', trunk)
  await agree(nodes, trunk.at(-1)!)
  console.log('all are at height 10')

  const { pid } = JSON.parse(await run('n3', 'status', '--json')) as { readonly pid: number }
  process.kill((await status('n3')).pid, 'SIGKILL')
  process.kill(pid, 'SIGKILL')
  const [one, two] = [branch([genesis, ...trunk], 10, 'one'), branch([genesis, ...trunk], 15, 'two')]
  const tip = two.at(-1)!
  await publish('n1', one)
  const rest = nodes.filter((node) => node !== 'n3')
  await agree(rest, one.at(-1)!)
  await publish('n5', two)
  await agree(rest, tip)
  const counts = await Promise.all(rest.map(async (node) => (await status(node)).counters['reorganisations'] ?? 0))
  console.log(`n3 was killed; of two branches the longer one won on the others: ${counts.join(', ')} reorganisations`)

  await start('n3')
  await agree(nodes, tip)
  for (const node of nodes) await verify(node)
  console.log('n3 is back and has caught up; topic verify agrees everywhere')
  console.log(`tips equal on ${count} of ${count} nodes: 25 ${tip.hash}`)
} finally {
  for (const node of nodes) {
    await run(node, 'relay', 'stop', relay).catch(() => undefined)
    await run(node, 'down').catch(() => undefined)
  }
  rmSync(place, { recursive: true, force: true })
}
