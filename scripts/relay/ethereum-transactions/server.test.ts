import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { TransactionFeed } from './feed.ts'
import { Mempool } from './mempool.ts'
import { ethereumMethods } from './methods.ts'
import { ethereumRules } from './rules.ts'
import { address, type SampleFields, type samples, signed, to } from './sample.ts'
import { RpcServer } from './server.ts'
import { decodeTransaction } from './transaction.ts'

interface Reply {
  readonly id?: unknown
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
  readonly method?: string
  readonly params?: { readonly subscription: string; readonly result: unknown }
}

interface Served {
  readonly url: string
  readonly feed: TransactionFeed
  readonly failures: unknown[]
  readonly post: (body: unknown, headers?: Record<string, string>) => Promise<Response>
  readonly call: (method: string, ...params: readonly unknown[]) => Promise<Reply>
  readonly send: (type?: keyof typeof samples, fields?: SampleFields) => Promise<Reply>
}

/** A server over a pool, whose network takes everything. */
async function serve(): Promise<Served> {
  const feed = new TransactionFeed()
  const failures: unknown[] = []
  const mempool = new Mempool(ethereumRules, {}, (change) => {
    if (change.type === 'ready') feed.announce(change.transaction)
  })
  const methods = ethereumMethods({
    mempool,
    chainId: 1n,
    version: 'test/1',
    submit: async (bytes) => {
      if (bytes.length === 1) throw new Error('broken')
      const { verdict } = { verdict: mempool.judge(bytes, { peer: 'self', now: 0 }) }
      return { hash: 'the hash', verdict }
    },
  })
  const server = await RpcServer.open({
    port: 0,
    target: { methods, onError: (error) => failures.push(error) },
    feed,
  })
  onTestFinished(() => server.close())
  const url = `http://127.0.0.1:${server.port}/`
  const post: Served['post'] = (body, headers = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  const call: Served['call'] = async (method, ...params) =>
    (await (await post({ jsonrpc: '2.0', id: 1, method, params })).json()) as Reply
  return {
    url,
    feed,
    failures,
    post,
    call,
    send: (type, fields) =>
      call('eth_sendRawTransaction', `0x${Buffer.from(signed(type, fields).bytes).toString('hex')}`),
  }
}

test('what a wallet asks before it sends is answered', async () => {
  const { call } = await serve()
  const answers = await Promise.all(
    ['eth_chainId', 'net_version', 'eth_blockNumber', 'web3_clientVersion', 'eth_gasPrice', 'eth_syncing'].map(
      async (method) => (await call(method)).result,
    ),
  )
  expect(answers).toEqual(['0x1', '1', '0x0', 'test/1', '0x1', false])
  expect(await call('eth_getTransactionCount', address, 'pending')).toMatchObject({ result: '0x0' })
  expect(await call('eth_getTransactionCount', address, 'latest')).toMatchObject({ error: { code: -32000 } })
})

test('a transaction that is sent is found, and counts for its sender', async () => {
  const { call, send } = await serve()
  expect((await send()).result).toBe('the hash')
  const { hash } = signed()
  expect((await call('eth_getTransactionByHash', hash)).result).toMatchObject({
    hash,
    from: address,
    to,
    nonce: '0xc8',
    value: '0x5',
    gas: '0x5208',
    type: '0x2',
    chainId: '0x1',
    maxFeePerGas: '0x77359400',
    maxPriorityFeePerGas: '0x3b9aca00',
    accessList: [],
    blockHash: null,
  })
  expect((await call('eth_getTransactionByHash', `0x${'0'.repeat(64)}`)).result).toBeNull()
  expect((await call('eth_getTransactionReceipt', hash)).result).toBeNull()
  expect((await call('eth_getTransactionCount', address.toUpperCase().replace('0X', '0x'))).result).toBe('0xc9')
  expect((await call('txpool_status')).result).toEqual({ pending: '0x1', queued: '0x0' })
})

test('every type is shown with its own fields', async () => {
  const { call, send } = await serve()
  const shown = async (type: keyof typeof samples, fields: SampleFields): Promise<unknown> => {
    await send(type, fields)
    return (await call('eth_getTransactionByHash', signed(type, fields).hash)).result
  }
  const [r, v] = [expect.stringMatching(/^0x[1-9a-f]/), expect.stringMatching(/^0x2[56]$/)]
  expect(await shown('legacy', {})).toMatchObject({ type: '0x0', gasPrice: '0x3b9aca00', r, s: r, v })
  expect(await shown('eip2930', { nonce: 1n })).toMatchObject({
    type: '0x1',
    accessList: [{ address: to, storageKeys: [`0x${'22'.repeat(32)}`] }],
  })
  expect(await shown('eip4844', { nonce: 2n })).toMatchObject({
    type: '0x3',
    maxFeePerBlobGas: '0x7',
    blobVersionedHashes: [`0x01${'33'.repeat(31)}`],
  })
  expect(await shown('eip7702', { nonce: 3n })).toMatchObject({
    type: '0x4',
    authorizationList: [{ chainId: '0x1', address: to, nonce: '0x12c', yParity: '0x1', r: '0x5', s: '0x6' }],
  })
})

test('what is refused says why, in words that libraries know and in a code', async () => {
  const { send } = await serve()
  await send()
  expect(await send()).toMatchObject({ error: { code: -32000, message: 'already known', data: { reason: 'known' } } })
  const refused = async (fields: SampleFields): Promise<unknown> => (await send('eip1559', fields)).error
  expect(await refused({ value: 6n })).toMatchObject({ message: 'replacement transaction underpriced' })
  expect(await refused({ gasLimit: 1n })).toMatchObject({ message: 'intrinsic gas too low' })
  expect(await refused({ chainId: 2n })).toMatchObject({ data: { reason: 'wrong-chain' } })
})

test('errors have the codes of JSON-RPC, and our own failures tell nothing', async () => {
  const { post, call, failures } = await serve()
  const code = async (body: unknown): Promise<unknown> => ((await (await post(body)).json()) as Reply).error?.code
  expect(await code('{')).toBe(-32700)
  expect(await code('[]')).toBe(-32600)
  expect(await code('5')).toBe(-32600)
  expect(await code({ id: 1, method: 'eth_chainId' })).toBe(-32600)
  expect(await code({ jsonrpc: '2.0', id: {}, method: 'eth_chainId' })).toBe(-32600)
  expect(await code({ jsonrpc: '2.0', id: 1, method: 'eth_call' })).toBe(-32601)
  expect(await code({ jsonrpc: '2.0', id: 1, method: 'toString' })).toBe(-32601)
  expect(await code({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: {} })).toBe(-32602)
  expect(await code({ jsonrpc: '2.0', id: 1, method: 'eth_sendRawTransaction', params: ['0x1'] })).toBe(-32602)
  expect(await call('eth_sendRawTransaction', '0x01')).toMatchObject({
    error: { code: -32603, message: 'internal error' },
  })
  expect(failures).toHaveLength(1)
})

test('a batch is answered in its order, without what asks for no answer; a long one is refused whole', async () => {
  const { post } = await serve()
  const one = (id: number): object => ({ jsonrpc: '2.0', id, method: 'eth_chainId' })
  const answers = await (await post([one(7), { jsonrpc: '2.0', method: 'eth_chainId' }, one(8), 1])).json()
  expect(answers).toMatchObject([{ id: 7, result: '0x1' }, { id: 8 }, { id: null, error: { code: -32600 } }])
  expect((await post([{ jsonrpc: '2.0', method: 'eth_chainId' }])).status).toBe(204)
  const long = await (await post(Array.from({ length: 101 }, (_, id) => one(id)))).json()
  expect(long).toMatchObject({ error: { code: -32005 } })
})

test('pages of browsers are kept out, and bodies without end', async () => {
  const { url, post } = await serve()
  const body = { jsonrpc: '2.0', id: 1, method: 'eth_chainId' }
  expect((await post(body, { 'content-type': 'text/plain' })).status).toBe(415)
  expect((await post(body, { origin: 'https://example.org' })).status).toBe(403)
  expect((await post(body, { origin: 'http://localhost:3000' })).status).toBe(200)
  expect((await post(' '.repeat((2 << 20) + 1))).status).toBe(413)
  expect((await fetch(url)).status).toBe(405)
  expect((await fetch(`${url}other`)).status).toBe(404)
  const rebound = request(url, { headers: { host: 'example.org' } }).end()
  const [response] = (await once(rebound, 'response')) as [{ statusCode: number }]
  expect(response.statusCode).toBe(403)
  const page = new WebSocket(url.replace('http', 'ws'), { origin: 'https://example.org' })
  const [failure] = (await once(page, 'error')) as [Error]
  expect(failure.message).toContain('403')
})

test('a subscriber is told of hashes or of whole transactions, until it has enough', async () => {
  const { url, send, feed } = await serve()
  const socket = new WebSocket(url.replace('http', 'ws'))
  const seen: Reply[] = []
  socket.on('message', (data) => seen.push(JSON.parse((data as Buffer).toString()) as Reply))
  await once(socket, 'open')
  const ask = async (id: number, method: string, ...params: readonly unknown[]): Promise<Reply> => {
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    while (!seen.some((reply) => reply.id === id)) await once(socket, 'message')
    return seen.find((reply) => reply.id === id)!
  }
  const { result: hashes } = await ask(1, 'eth_subscribe', 'newPendingTransactions')
  const { result: whole } = await ask(2, 'eth_subscribe', 'newPendingTransactions', true)
  expect(await ask(3, 'eth_subscribe', 'newHeads')).toMatchObject({ error: { code: -32602 } })
  expect(await ask(4, 'eth_chainId')).toMatchObject({ result: '0x1' })
  await send()
  while (seen.filter(({ method }) => method === 'eth_subscription').length < 2) await once(socket, 'message')
  const { hash } = signed()
  const told = seen.filter(({ method }) => method === 'eth_subscription').map(({ params }) => params)
  expect(told).toMatchObject([
    { subscription: hashes, result: hash },
    { subscription: whole, result: { hash, from: address } },
  ])
  expect(await ask(5, 'eth_unsubscribe', hashes)).toMatchObject({ result: true })
  expect(await ask(6, 'eth_unsubscribe', hashes)).toMatchObject({ result: false })
  expect(feed.size).toBe(1)
  for (let id = 10; id < 25; id++) await ask(id, 'eth_subscribe', 'newPendingTransactions')
  expect(await ask(25, 'eth_subscribe', 'newPendingTransactions')).toMatchObject({ error: { code: -32005 } })
  socket.close()
  await once(socket, 'close')
  await expect.poll(() => feed.size).toBe(0)
})

test('lines of JSON come as transactions do, and a reader that does not read is dropped', async () => {
  const { url, send, feed } = await serve()
  const lines = await fetch(`${url}transactions`)
  const slow = connect(Number(new URL(url).port), '127.0.0.1').pause()
  slow.write('GET /transactions HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await expect.poll(() => feed.size).toBe(2)
  await send()
  const read = lines.body!.pipeThrough(new TextDecoderStream()).getReader()
  const line = async (): Promise<string> => {
    let text = ''
    while (!text.includes('\n')) text += (await read.read()).value
    return text
  }
  expect(JSON.parse(await line())).toMatchObject({ hash: signed().hash, from: address })
  const { bytes } = signed('eip1559', { data: `0x${'01'.repeat(50_000)}`, gasLimit: 3_000_000n })
  const item = decodeTransaction(bytes)!
  const large = { id: item.hash, sender: address, nonce: 1, feeCap: 1n, tip: 1n, size: bytes.length, item }
  // More than what systems hold for a connection goes by before the slow one is noticed.
  for (let count = 0; feed.size === 2 && count < 1_000; count++) {
    feed.announce(large)
    await line()
  }
  expect(feed.size).toBe(1)
  slow.destroy()
  await read.cancel()
})
