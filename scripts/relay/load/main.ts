import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { WebSocket } from 'ws'
import { RelayNetwork } from './network.ts'
import { signTransfer } from './sign.ts'

// pnpm relay:load: signed transactions through nodes with the Ethereum relay, each account's at one of them, over JSON-RPC. Says what was
// lost, and how long it took until the last node had each. Needs a build.

const { values: given } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    nodes: { type: 'string', default: '5' },
  },
})
const [rate, seconds, nodes] = [Number(given.rate), Number(given.seconds), Number(given.nodes)]
const count = rate * seconds
/** Transactions of an account: a pool takes at most 64. */
const perAccount = 50
/** How long to wait where nothing is due, in ms; what is due goes in one batch. */
const tickMs = 10
const batchMax = 100
/** How long the last ones may take, in ms. */
const patienceMs = 120_000

/** When a transaction was due, and how many nodes told of it so far. */
interface Sent {
  readonly at: number
  seen: number
}

const sent = new Map<string, Sent>()
const toAll: number[] = []
const toEach: number[] = []
const refused = new Map<string, number>()

function told(hash: string): void {
  const transaction = sent.get(hash)
  if (transaction === undefined) return
  const tookMs = performance.now() - transaction.at
  toEach.push(tookMs)
  if (++transaction.seen === nodes) toAll.push(tookMs)
}

/** Takes the feed of a node. */
async function listen(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url.replace('http', 'ws'))
  await once(socket, 'open')
  socket.on('message', (data) => {
    const { params } = JSON.parse((data as Buffer).toString()) as { readonly params?: { readonly result: string } }
    if (params !== undefined) told(params.result)
  })
  const answered = once(socket, 'message')
  socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newPendingTransactions"]}')
  await answered
  return socket
}

interface Reply {
  readonly error?: { readonly message: string }
}

async function send(url: string, raw: readonly string[]): Promise<void> {
  const batch = raw.map((bytes, id) => ({ jsonrpc: '2.0', id, method: 'eth_sendRawTransaction', params: [bytes] }))
  const refuse = (why: string): unknown => refused.set(why, (refused.get(why) ?? 0) + 1)
  try {
    const body = JSON.stringify(batch)
    const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const replies = (await response.json()) as readonly Reply[]
    for (const { error } of replies) if (error !== undefined) refuse(error.message)
  } catch (error) {
    for (const _ of raw) refuse(String(error))
  }
}

/** Sends what is due at one node, one batch after the other: an account has one wallet, so its nonces come in order. */
async function user(url: string, node: number, start: number): Promise<void> {
  const own = transactions
    .entries()
    .filter(([, { account }]) => account % nodes === node)
    .toArray()
  for (let next = 0; next < own.length;) {
    const due = ((performance.now() - start) / 1000) * rate
    const batch: string[] = []
    for (; batch.length < batchMax && next < own.length && own[next]![0] <= due; next++) {
      const [index, { raw, hash }] = own[next]!
      // Counts from when it was due, also if this process, or the node, was late.
      sent.set(hash, { at: start + (index / rate) * 1000, seen: 0 })
      batch.push(raw)
    }
    if (batch.length > 0) await send(url, batch)
    else await delay(tickMs)
  }
}

const percentile = (all: readonly number[], share: number): string => {
  const sorted = all.toSorted((a, b) => a - b)
  const ms = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
  return ms === undefined ? '-' : `${ms.toFixed(0)} ms`
}

console.log(`signing ${count} transactions`)
const transactions = Array.from({ length: count }, (_, index) => {
  // Accounts take turns, as users do.
  const accounts = Math.ceil(count / perAccount)
  const account = index % accounts
  const bytes = signTransfer({ account, nonce: Math.floor(index / accounts) })
  const hex = (data: Uint8Array): string => `0x${Buffer.from(data).toString('hex')}`
  return { account, raw: hex(bytes), hash: hex(keccak_256(bytes)) }
})

const network = await RelayNetwork.open(nodes, 2 * count)
try {
  const sockets = await Promise.all(network.urls.map(listen))
  const before = await network.processorSeconds()
  console.log(`${nodes} nodes are up; sending ${rate} a second for ${seconds} s`)
  const start = performance.now()
  await Promise.all(network.urls.map((url, node) => user(url, node, start)))
  const acceptedMs = performance.now() - start
  for (const deadline = performance.now() + patienceMs; toAll.length < count && performance.now() < deadline;) {
    await delay(50)
  }
  const after = await network.processorSeconds()
  const wholeMs = performance.now() - start
  for (const socket of sockets) socket.terminate()
  console.log(`sent ${count} in ${(acceptedMs / 1000).toFixed(1)} s, all done after ${(wholeMs / 1000).toFixed(1)} s`)
  for (const [why, times] of refused) console.log(`refused: ${times} times: ${why}`)
  console.log(`to one node: p50 ${percentile(toEach, 0.5)}, p99 ${percentile(toEach, 0.99)}`)
  console.log(
    `to all nodes: p50 ${percentile(toAll, 0.5)}, p99 ${percentile(toAll, 0.99)}, max ${percentile(toAll, 1)}`,
  )
  if (before !== undefined && after !== undefined) {
    const each = (to: number, from: number): string => `${(((to - from) / count / nodes) * 1e6).toFixed(0)} µs`
    console.log(
      `processor time for a transaction: ${each(after.nodes, before.nodes)} in each node, ${each(after.relays, before.relays)} in each relay`,
    )
  }
  console.log(`on all ${nodes} nodes: ${toAll.length} of ${count}; lost: ${count - toAll.length}`)
  if (toAll.length < count) process.exitCode = 1
} finally {
  await network.close()
}
