import { expect, test } from 'vitest'
import { serveEcho } from './serve-echo.ts'

async function* wires(...bytes: readonly number[]): AsyncGenerator<{ readonly wire: string }, void, void> {
  for (const byte of bytes) yield { wire: Buffer.of(byte).toString('base64') }
}

test('history and export come line by line, and an error before the first with its code', async () => {
  const { client } = await serveEcho()
  for (const text of ['one', 'two', 'three'])
    await client.call('publish', { topic: 'chat' }, { body: Buffer.from(text) })
  const found = await Array.fromAsync(client.stream('history', { topic: 'chat', last: 2 }))
  expect(found.map(({ text }) => text)).toEqual(['two', 'three'])
  expect(await Array.fromAsync(client.stream('export', { topic: 'chat' }))).toHaveLength(3)
  await expect(client.stream('history', { topic: 'gone' }).next()).rejects.toMatchObject({ code: 'not-held' })
  await expect(client.stream('history', { topic: 'chat', last: 0 }).next()).rejects.toMatchObject({ code: 'usage' })
})

test('an import answers line by line, and an error is the last line', async () => {
  const { client } = await serveEcho()
  const topic = 'chat'
  const found = await Array.fromAsync(client.stream('import', { topic }, { body: wires(1, 2, 1) }))
  expect(found).toEqual([{ result: 'new' }, { result: 'refused' }, { result: 'new' }])
  const failed = client.stream('import', { topic }, { body: wires(1, 0) })
  expect((await failed.next()).value).toEqual({ result: 'new' })
  expect((await failed.next()).value).toMatchObject({ error: { code: 'disk' } })
  await expect(client.stream('import', { topic: 'gone' }, { body: wires(1) }).next()).resolves.toMatchObject({
    value: { error: { code: 'usage' } },
  })
})

test('consumers are listed, shown, moved and removed', async () => {
  const { client } = await serveEcho()
  expect(await client.call('consumers', {})).toMatchObject([{ consumer: 'one' }])
  expect(await client.call('consumer', { consumer: 'two' })).toMatchObject({ consumer: 'two' })
  await expect(client.call('consumer', { consumer: 'gone' })).rejects.toMatchObject({ code: 'not-found' })
  await expect(client.call('consumer', { consumer: 'no name' })).rejects.toMatchObject({ code: 'usage' })
  expect(await client.call('consumerReset', { consumer: 'two' }, { body: { last: 7 } })).toMatchObject({ behind: 7 })
  const body = { session: 's', arrivals: [3, 9] }
  expect(await client.call('consumerAck', { consumer: 'two' }, { body })).toEqual({ acked: 9 })
  expect(await client.call('consumerRemove', { consumer: 'two' })).toEqual({ consumer: 'two' })
  await expect(client.call('consumerRemove', { consumer: 'busy' })).rejects.toMatchObject({ code: 'busy' })
})
