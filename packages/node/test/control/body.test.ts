import { expect, test } from 'vitest'
import { send, serveEcho } from './serve-echo.ts'

const chat = 'chat'

test('the body of a message comes as it was published, with the whole id and the topic', async () => {
  const { client } = await serveEcho()
  const text = 'x'.repeat(50_001)
  const { id } = await client.call('publish', { topic: chat }, { body: Buffer.from(text) })
  const body = await client.body({ id: id.slice(0, 12) })
  expect(body).toMatchObject({ id, topic: chat, size: 50_001 })
  expect(Buffer.concat(await Array.fromAsync(body.chunks)).toString()).toBe(text)
  await expect(client.body({ id: 'abcdef' })).rejects.toMatchObject({ code: 'not-found' })
  await expect(client.body({ id: 'x' })).rejects.toMatchObject({ code: 'usage' })
})

test('a body that breaks off is an error, and never looks whole', async () => {
  const { client } = await serveEcho()
  const { id } = await client.call('publish', { topic: chat }, { body: Buffer.from('cut'.repeat(1_000)) })
  const read = async (): Promise<unknown> => Array.fromAsync((await client.body({ id })).chunks)
  await expect(read()).rejects.toMatchObject({ code: 'stopped' })
})

test('a message that does not carry its payload is asked for it', async () => {
  const { client } = await serveEcho()
  const { id, topic } = await client.call('publish', { topic: chat }, { body: Buffer.from('far away') })
  const view = { id, topic, from: 'p', epoch: 1, seq: 1, time: '', size: 8, via: 'live' } as const
  expect((await client.payload({ ...view, bodySize: 8 })).toString()).toBe('far away')
  expect((await client.payload({ ...view, text: 'here' })).toString()).toBe('here')
  expect(await client.payload({ ...view, base64: '/w==' })).toEqual(Buffer.of(255))
})

test('what is larger than its topic takes is refused before it is read, whether its length is said or not', async () => {
  const { client, node, socketPath } = await serveEcho()
  const large = Buffer.alloc(8 << 20)
  await expect(client.call('publish', { topic: chat }, { body: large })).rejects.toMatchObject({ code: 'oversize' })
  const pieces = Array.from({ length: 64 }, () => large.subarray(0, 65_536))
  expect(await send({ socketPath }, 'POST', `/v1/publish?topic=${chat}`, {}, pieces)).toMatchObject({ status: 413 })
  expect(node.published).toEqual([])
})
