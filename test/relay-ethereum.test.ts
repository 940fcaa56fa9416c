import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createPublicClient, createWalletClient, defineChain, type Hex, http, publicActions } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site, until } from './site.ts'
import { root } from './source-tree.ts'

const site = new Site()
const script = join(root, 'scripts/relay/ethereum-transactions/relay.ts')
const topic = 'ethereum/1/transactions'
const slots = 100
const env = { ETHEREUM_RPC_PORT: '0', ETHEREUM_TIP_MIN: '1000', ETHEREUM_POOL_SLOTS: String(slots) }
const [a, b, mallory] = ['a', 'b', 'mallory'].map((name) => ['--node', name]) as [string[], string[], string[]]

interface RelayStatus {
  readonly pid: number
  readonly counters: Readonly<Record<string, number>>
  readonly gauges: Readonly<Record<string, number | string>>
}
const status = async (node: readonly string[]): Promise<RelayStatus> =>
  JSON.parse(await site.ok([...node, 'relay', 'status', 'ethereum-1', '--json'])) as RelayStatus
const run = async (node: readonly string[]): Promise<string> => {
  const started = await site.run([...node, 'relay', 'run', script, '--detach'], { env })
  expect(started).toMatchObject({ code: 0 })
  const { gauges } = await until(
    () => status(node),
    (seen) => seen.gauges['rpc'] !== undefined,
  )
  return String(gauges['rpc'])
}

let [urlA, urlB] = ['', '']
beforeAll(async () => {
  await site.ok([...a, 'network', 'create', 'demo'])
  await site.up('a')
  const ticket = await site.ok([...a, 'ticket'])
  for (const [name, node] of [
    ['b', b],
    ['mallory', mallory],
  ] as const) {
    await site.ok([...node, 'join', ticket])
    await site.up(name)
  }
  ;[urlA, urlB] = [await run(a), await run(b)]
})
afterAll(() => site.close('a', 'b', 'mallory'))

const chain = defineChain({
  id: 1,
  name: 'test',
  nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
  rpcUrls: { default: { http: [] } },
})
const wallet = (url: string, key: Hex = generatePrivateKey()) =>
  createWalletClient({ account: privateKeyToAccount(key), chain, transport: http(url) }).extend(publicActions)
const to: Hex = `0x${'11'.repeat(20)}`
const transfer = { to, value: 1n, gas: 21_000n, maxFeePerGas: 2_000_000n, maxPriorityFeePerGas: 1_000_000n }

const asked = (url: string, hash: Hex): Promise<unknown> =>
  createPublicClient({ chain, transport: http(url) }).request({ method: 'eth_getTransactionByHash', params: [hash] })

const found = (url: string, hash: Hex): Promise<unknown> =>
  until(
    () => asked(url, hash),
    (transaction) => transaction !== null,
  )

test('what a wallet sends at one node is found at another, in its feeds, and under its own hash in why', async () => {
  const socket = new WebSocket(urlB.replace('http', 'ws'))
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  const told: unknown[] = []
  socket.addEventListener('message', ({ data }) => {
    told.push((JSON.parse(String(data)) as { params?: { result: unknown } }).params?.result)
  })
  socket.send('{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newPendingTransactions"]}')
  await until(
    () => told.length,
    (count) => count === 1,
  )
  const lines = (await fetch(`${urlB}transactions`)).body!.pipeThrough(new TextDecoderStream()).getReader()

  const alice = wallet(urlA)
  const hash = await alice.sendTransaction(transfer)
  expect(await found(urlB, hash)).toMatchObject({ hash, from: alice.account.address.toLowerCase(), nonce: '0x0' })
  expect(await alice.getTransaction({ hash })).toMatchObject({ blockNumber: null, value: 1n, typeHex: '0x2' })
  await until(
    () => told,
    (hashes) => hashes.includes(hash),
  )
  expect(JSON.parse((await lines.read()).value!)).toMatchObject({ hash })
  await lines.cancel()
  socket.close()

  // The nonce is that of the pool: nothing has to be in a block first.
  expect(await alice.getTransactionCount({ address: alice.account.address, blockTag: 'pending' })).toBe(1)
  const next = await alice.sendTransaction(transfer)
  expect(await found(urlB, next)).toMatchObject({ nonce: '0x1' })
  await expect(alice.sendTransaction({ ...transfer, nonce: 0, value: 2n })).rejects.toThrow('underpriced')
  const why = JSON.parse(await site.ok([...b, 'why', hash, '--json'])) as { id: string; topic: string }
  expect(why).toMatchObject({ id: hash.slice(2), topic })
})

test('a transaction of 100 KB is announced and fetched, and found at another node under its hash', async () => {
  const data: Hex = `0x${'ab'.repeat(100_000)}`
  const hash = await wallet(urlA).sendTransaction({ ...transfer, data, gas: 4_100_000n })
  expect(await found(urlB, hash)).toMatchObject({ hash, input: data })
  const why = JSON.parse(await site.ok([...b, 'why', hash, '--json'])) as { steps: { what: string }[] }
  expect(why.steps.map(({ what }) => what)).toContain('delivered')
  const more: Hex = `0x${'ab'.repeat(131_072)}`
  const tooLarge = { ...transfer, data: more, gas: 5_400_000n }
  await expect(wallet(urlA).sendTransaction(tooLarge)).rejects.toThrow('oversized data')
}, 60_000)

test('the pool is there again after the relay was killed', async () => {
  const hash = await wallet(urlA).sendTransaction(transfer)
  await found(urlB, hash)
  await until(
    () => readFileSync(join(site.home('b'), 'relays/ethereum-1/files/pool.journal'), 'utf8'),
    (journal) => journal.includes(hash),
  )
  const { pid } = await status(b)
  process.kill(pid, 'SIGKILL')
  urlB = await run(b)
  expect(await asked(urlB, hash)).toMatchObject({ hash })
})

/** Signed, but not sent. */
const signed = async (fields: object, key: Hex = generatePrivateKey()): Promise<Hex> =>
  privateKeyToAccount(key).signTransaction({ ...transfer, chainId: 1, nonce: 0, type: 'eip1559', ...fields } as never)

const large = ['--max-bytes', '128KiB', '--dissemination', 'hybrid:4KiB']

/** From a node that judges nothing itself. */
async function flood(transactions: readonly Hex[]): Promise<void> {
  const lines = transactions.map((raw) => raw.slice(2)).join('\n')
  await site.run([...mallory, 'pub', topic, '-', '--lines', '--encoding', 'hex'], { stdin: lines })
}

const many = (count: number, make: (index: number) => Promise<Hex>): Promise<Hex[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)))

test('floods keep the bounds, and honest transactions come through', async () => {
  await site.ok([...mallory, 'topic', 'define', topic, '--id', 'keccak256', '--validate', 'together', ...large])

  const alice = wallet(urlA)
  const key = generatePrivateKey()
  const before = await status(b)
  const floods: Readonly<Record<string, readonly Hex[]>> = {
    underpriced: await many(150, () => signed({ maxPriorityFeePerGas: 1n })),
    replacement: await many(150, (index) => signed({ value: BigInt(index) }, key)),
    gapped: await many(150, (index) => signed({ nonce: 2 + index * 3 }, key)),
    cheap: await many(200, () => signed({ maxFeePerGas: 1_500n, maxPriorityFeePerGas: 1_500n })),
  }
  for (const [name, transactions] of Object.entries(floods)) {
    await flood(transactions)
    const hash = await alice.sendTransaction(transfer)
    expect({ name, seen: await found(urlB, hash) }).toMatchObject({ name, seen: { hash } })
  }
  // They are counted when they were judged, which an honest one does not wait for.
  const refused = ({ counters }: RelayStatus, why: string): number => counters[`ignore ${why}`] ?? 0
  const { gauges } = await until(
    () => status(b),
    (seen) => refused(seen, 'underpriced') >= 150 && refused(seen, 'replacement') > refused(before, 'replacement'),
  )
  expect(Number(gauges['ready'])).toBeLessThanOrEqual(slots)
  expect(Number(gauges['queued'])).toBeLessThanOrEqual(1_024)

  // What nobody may send shuts the one out who sends it.
  await flood(await many(150, () => signed({ chainId: 5 })))
  const invalid = await until(
    () => status(b),
    (seen) => (seen.counters['reject wrong-chain'] ?? 0) >= 64,
  )
  expect(Number(invalid.gauges['ready'])).toBeLessThanOrEqual(slots)
  const last = await alice.sendTransaction(transfer)
  expect(await found(urlB, last)).toMatchObject({ hash: last })
})
