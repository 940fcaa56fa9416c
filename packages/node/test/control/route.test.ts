import { once } from 'node:events'
import { stat, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { routes } from '@grapevine/protocol/control'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, test } from 'vitest'
import { ControlClient } from '../../src/control/client.ts'
import { paramsSchema } from '../../src/control/route-match.ts'
import { startControl } from '../../src/control/server.ts'
import { EchoNode } from './echo-node.ts'
import { serveEcho, token, until } from './serve-echo.ts'

test('each route that answers with one value answers over the socket', async () => {
  const { client, node, stops } = await serveEcho()
  expect(await client.call('status', {})).toEqual(node.status())
  expect(await client.call('network', {})).toEqual(node.network())
  expect(await client.call('ticket', {})).toEqual({ ticket: 'gv1echo' })
  expect(await client.call('peers', {})).toEqual([])
  expect(await client.call('peers', { all: true })).toMatchObject([{ state: 'waiting' }])
  expect(await client.call('peer', { peer: '…a/b c' })).toMatchObject({ peerId: '…a/b c' })
  await expect(client.call('peer', { peer: 'gone' })).rejects.toMatchObject({ code: 'not-found' })
  expect(await client.call('peerAdd', {}, { body: { address: '/ip4/x' } })).toMatchObject({ addresses: ['/ip4/x'] })
  expect(await client.call('peerRemove', { peer: 'p' })).toEqual({ peerId: 'p' })
  expect(await client.call('peerConnect', { timeout: 9 }, { body: { peer: 'p' } })).toMatchObject({ lastError: '9 ms' })
  expect(await client.call('peerDisconnect', { peer: 'p' })).toEqual({ peerId: 'p', closed: 1 })
  expect(await client.call('peerPing', { peer: 'p', timeout: 7 })).toEqual({ peerId: 'p', ms: 7 })
  expect(await client.call('blocked', {})).toEqual({ peers: [], ranges: [] })
  expect(await client.call('block', {}, { body: { target: '::/0' } })).toEqual({ target: '::/0', closed: 0 })
  expect(await client.call('allow', {}, { body: { targets: ['p'], only: true } })).toMatchObject({ only: ['p'] })
  expect(await client.call('allow', {}, { body: { targets: [] } })).toEqual({ peers: [], ranges: [] })
  expect(await client.call('topicHold', {}, { body: { topic: 'a/b' } })).toMatchObject({ topic: 'a/b', held: true })
  expect(await client.call('topics', {})).toMatchObject([{ topic: 'a/b' }])
  expect(await client.call('topicRelease', { topic: 'a/b' })).toEqual({ topic: 'a/b' })
  expect(await client.call('topics', {})).toEqual([])
  const body = new Uint8Array([0xff, 0x00])
  expect(await client.call('publish', { topic: 'chat' }, { body })).toMatchObject({ topic: 'chat', state: 'local' })
  expect(await client.call('why', { id: 'abcdef01' })).toMatchObject({ id: 'abcdef01', copies: 1 })
  expect(await client.call('stop', {})).toEqual({ pid: process.pid })
  await until(() => stops() === 1)
})

test('a node that hangs is told from one that answers', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const client = new ControlClient({ host: '127.0.0.1', port, token }, { answerMsMax: 50 })
  await expect(client.call('status', {})).rejects.toMatchObject({ code: 'timeout' })
  silent.close()
})

test('the same routes answer over TCP with the token', async () => {
  const { port, node } = await serveEcho()
  const client = new ControlClient({ host: '127.0.0.1', port, token })
  expect(await client.call('status', {})).toEqual(node.status())
  const lines = client.stream('publishLines', { topic: 'chat' }, { body: oneLine() })
  for await (const line of lines) expect(line).toMatchObject({ topic: 'chat' })
  expect(node.published).toEqual(['hello'])
})

test('a validator is set on the socket only, and a client of it is asked and heard', async () => {
  const { client, port, node } = await serveEcho()
  const body = { topic: 'chat', command: 'true' }
  expect(await client.call('validatorSet', {}, { body })).toMatchObject({ topic: 'chat' })
  const remote = new ControlClient({ host: '127.0.0.1', port, token })
  await expect(remote.call('validatorSet', {}, { body })).rejects.toMatchObject({ code: 'denied' })
  await expect(client.call('validatorRemove', { topic: 'chat' })).rejects.toMatchObject({ code: 'not-found' })
  const answers = async function* (): AsyncGenerator<{ verdict: 'accept' }> {
    yield { verdict: 'accept' }
  }
  const questions = []
  for await (const question of client.stream('validate', { topic: 'chat' }, { body: answers() }))
    questions.push(question)
  expect(questions).toMatchObject([{ id: 'ab', topic: 'chat' }])
  expect(node.judged).toBe('{"verdict":"accept"}\n')
})

async function* oneLine(): AsyncGenerator<{ text: string }> {
  yield { text: 'hello' }
}

test('the OpenAPI document has an operation for each route', async () => {
  const { client } = await serveEcho()
  const document = await client.call('openapi', {})
  const paths = document['paths'] as Record<string, Record<string, { operationId: string }>>
  const operations = Object.values(paths).flatMap((path) => Object.values(path).map(({ operationId }) => operationId))
  expect(document['openapi']).toBe('3.1.0')
  expect(operations.toSorted()).toEqual(Object.keys(routes).toSorted())
  expect(paths['/v1/messages/{id}/why']?.['get']).toMatchObject({
    parameters: [{ name: 'id', in: 'path', required: true }],
  })
})

test('all schemas of the routes fit the metaschema', () => {
  const ajv = new Ajv2020({ strict: true })
  for (const route of Object.values(routes)) {
    const schemas = [paramsSchema(route), route.line, typeof route.body === 'object' ? route.body : undefined]
    for (const schema of schemas) if (schema !== undefined) expect(() => ajv.compile(schema)).not.toThrow()
  }
})

test('an error of the node arrives with its code, message and hint', async () => {
  const { client } = await serveEcho()
  const released = client.call('topicRelease', { topic: 'chat' })
  await expect(released).rejects.toMatchObject({ code: 'not-held', message: 'chat is not held', hint: 'hold it first' })
  await expect(client.call('why', { id: 'abc0' })).rejects.toMatchObject({ code: 'usage' })
  await expect(client.call('why', { id: '1234567' })).rejects.toMatchObject({ code: 'not-found' })
  const big = client.call('publish', { topic: 'chat' }, { body: new Uint8Array(60_001) })
  await expect(big).rejects.toMatchObject({ code: 'oversize' })
  const waiting = client.call('publish', { topic: 'chat', waitPeers: 2, timeout: 5 }, { body: new Uint8Array(1) })
  await expect(waiting).rejects.toMatchObject({ code: 'timeout', message: 'no 2 peers on chat within 5 ms' })
  const lines = client.stream('publishLines', { topic: 'chat', waitPeers: 1 }, { body: oneLine() })
  await expect(lines.next()).rejects.toMatchObject({ code: 'timeout' })
})

test('an error that is ours is reported and its text stays inside', async () => {
  const { client, errors } = await serveEcho()
  const failed = client.call('publish', { topic: 'chat' }, { body: Buffer.from('bug') })
  await expect(failed).rejects.toMatchObject({ code: 'internal', message: 'the node failed at this request' })
  expect(errors).toMatchObject([{ name: 'TypeError', message: 'a secret of the implementation' }])
})

test('a socket without a node is not-running, with the hint', async () => {
  const { client, control, socketPath } = await serveEcho()
  await control.close()
  const refused = { code: 'not-running', hint: 'start it with: grapevine up' }
  await expect(client.call('status', {})).rejects.toMatchObject(refused)
  await expect(stat(socketPath)).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(client.stream('subscribe', { topic: ['chat'] }).next()).rejects.toMatchObject(refused)
})

test('an aborted call fails with the reason of its signal', async () => {
  const { client, node } = await serveEcho()
  node.gate = new Promise(() => undefined)
  const abort = new AbortController()
  const call = client.call('publish', { topic: 'chat' }, { body: new Uint8Array(2), signal: abort.signal })
  await until(() => node.pending === 1)
  abort.abort(new Error('enough'))
  await expect(call).rejects.toThrow('enough')
})

test('the socket is for its owner only', async () => {
  const { socketPath } = await serveEcho()
  const { mode } = await stat(socketPath)
  expect(mode & 0o777).toBe(0o600)
})

test('a socket left by a dead process gives way, anything else does not', async () => {
  const { socketPath } = await serveEcho()
  // Its listener is alive here, which makes no difference to the file.
  const second = await startControl(new EchoNode(), { socketPath, onStop: () => undefined })
  expect(await new ControlClient({ socketPath }).call('topics', {})).toEqual([])
  await second.close()
  await writeFile(socketPath, 'precious')
  const third = startControl(new EchoNode(), { socketPath, onStop: () => undefined })
  await expect(third).rejects.toMatchObject({ code: 'listen' })
})

test('an address beyond loopback and a short token are refused', async () => {
  const start = (host: string, given: string): Promise<unknown> =>
    startControl(new EchoNode(), {
      socketPath: '/nonexistent',
      tcp: { host, port: 0, token: given },
      onStop: () => undefined,
    })
  await expect(start('0.0.0.0', token)).rejects.toMatchObject({ code: 'config' })
  await expect(start('example.org', token)).rejects.toMatchObject({ code: 'config' })
  await expect(start('127.0.0.1', 'short')).rejects.toMatchObject({ code: 'config' })
})
