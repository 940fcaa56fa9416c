import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { MessageView } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import { Store } from '../../src/store/store.ts'
import { defineTopic } from '../../src/topic/topic.ts'
import { startNode } from '../test-network.ts'
import { type Item, publish, read, shown, temporaryHome } from './reading.ts'

test('a consumer goes on behind what it acknowledged, and gets the rest marked', async () => {
  const home = temporaryHome()
  const node = await startNode({ home })
  await publish(node, 'one', 'two', 'three')
  const first = await node.subscribe(['chat'], { consumer: 'c', all: true })
  await expect(node.subscribe(['chat'], { consumer: 'c' })).rejects.toMatchObject({ code: 'busy' })
  const items = first[Symbol.asyncIterator]()
  const one = (await items.next()).value as MessageView
  await items.next()
  await first.ack([one])
  first.close()
  await expect(first.ack([one])).resolves.toBeUndefined()
  expect(await node.consumers.show('c')).toMatchObject({ behind: 2, active: false, topics: ['chat'] })
  await node.stop()

  const again = await startNode({ home })
  await publish(again, 'four')
  const second = await again.subscribe([], { consumer: 'c' })
  const found: string[] = []
  for await (const item of second) {
    found.push(shown(item))
    if (!('gap' in item)) await second.ack([item])
    if (found.length === 3) break
  }
  // The third was marked with the second: both could have been on their way.
  expect(found).toEqual(['two again', 'three again', 'four'])
  expect(await again.consumers.list()).toMatchObject([{ consumer: 'c', behind: 0, unacked: 0 }])
  expect((await again.consumers.reset('c', { last: 1 })).behind).toBe(1)
  expect(await read(again, 1, { consumer: 'c' })).toEqual(['four again'])
  await expect(again.subscribe(['other'], { consumer: 'c' })).rejects.toMatchObject({ code: 'usage' })
  await again.consumers.remove('c')
  await expect(again.consumers.show('c')).rejects.toMatchObject({ code: 'not-found' })
  await expect(again.subscribe([], { consumer: 'c' })).rejects.toMatchObject({ code: 'not-found' })
})

test('a consumer may acknowledge in any order, and never gets again what it acknowledged', async () => {
  const node = await startNode()
  await publish(node, 'one', 'two', 'three')
  const first = await node.subscribe(['chat'], { consumer: 'c', all: true })
  const items: MessageView[] = []
  for await (const item of first) {
    items.push(item as MessageView)
    if (items.length === 3) {
      await first.ack([items[1]!])
      break
    }
  }
  expect(await read(node, 2, { consumer: 'c' })).toEqual(['one again', 'three again'])
})

test('no more is handed out than the window holds', async () => {
  const node = await startNode()
  await publish(node, 'one', 'two', 'three')
  const reader = await node.subscribe(['chat'], { consumer: 'c', all: true, window: 1 })
  const items = reader[Symbol.asyncIterator]()
  const one = (await items.next()).value as MessageView
  const two = items.next()
  let isThere = false
  void two.then(() => (isThere = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(isThere).toBe(false)
  expect(await node.consumers.show('c')).toMatchObject({ behind: 3, unacked: 1 })
  await reader.ack([one])
  expect(shown((await two).value as Item)).toBe('two')
})

test('where the store was lost a consumer begins again, and says so', async () => {
  const home = temporaryHome()
  const node = await startNode({ home })
  await publish(node, 'one')
  await read(node, 1, { consumer: 'c', all: true })
  const lines = await Array.fromAsync(node.history.export('chat'))
  await node.stop()
  for (const file of ['store.sqlite', 'store.sqlite-wal']) rmSync(join(home, file), { force: true })

  const again = await startNode({ home })
  const wires = (async function* () {
    for (const line of lines) if ('wire' in line) yield Buffer.from(line.wire, 'base64')
  })()
  await Array.fromAsync(again.history.import('chat', wires))
  await publish(again, 'two')
  const reader = await again.subscribe(['chat'], { consumer: 'c' })
  expect(reader.consumer?.refilled).toMatch(/^20/)
  const found: string[] = []
  for await (const item of reader) {
    found.push(shown(item))
    if (found.length === 2) break
  }
  expect(found).toEqual(['one again', 'two'])
})

test('a typed topic is read from the past, in order and by a consumer', async () => {
  const node = await startNode()
  const jobs = node.topic(defineTopic({ name: 'jobs', payload: { json: { type: 'object' } } }))
  for (const number of [1, 2, 3]) await jobs.publish({ number })
  const reader = jobs.subscribe({ consumer: 'worker', all: true, ordered: 'author' })
  const found: unknown[] = []
  for await (const job of reader) {
    if ('gap' in job) continue
    found.push(job.value)
    await reader.ack([job])
    if (found.length === 3) break
  }
  expect(found).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }])
  expect(await node.consumers.show('worker')).toMatchObject({ behind: 0 })
  const refused = jobs.subscribe({ last: 1, all: true })
  await expect(refused[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'usage' })
  await expect(jobs.subscribe().ack([])).rejects.toMatchObject({ code: 'usage' })
})

test('a consumer beyond the end of the log belongs to another log, and begins again', async () => {
  const home = temporaryHome()
  const node = await startNode({ home })
  await publish(node, 'one')
  await read(node, 1, { consumer: 'c', all: true })
  await node.stop()
  const store = await Store.open({ path: join(home, 'store.sqlite') })
  await store.call('consumer.move', { name: 'c', acked: 7_000 })
  await store.close()
  const again = await startNode({ home })
  expect(await again.consumers.show('c')).toMatchObject({ behind: 1, acked: 0, refilled: expect.any(String) })
  expect(await read(again, 1, { consumer: 'c' })).toEqual(['one again'])
})
