import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GapView, MessageView } from '@grapevine/protocol'
import { expect, onTestFinished, test } from 'vitest'
import type { SubscribeOptions } from '../../src/api.ts'
import type { Node } from '../../src/node.ts'
import { Store } from '../../src/store/store.ts'
import { defineTopic } from '../../src/topic/topic.ts'
import { startNode } from '../test-network.ts'

const publish = async (node: Node, ...texts: readonly string[]): Promise<string[]> => {
  const ids: string[] = []
  for (const text of texts) ids.push((await node.publish('chat', Buffer.from(text))).id)
  return ids
}

type Item = MessageView | GapView

const shown = (item: Item): string =>
  'gap' in item
    ? `gap ${item.gap.first}-${item.gap.last}`
    : `${item.text}${item.redelivered ? ' again' : ''}${item.late ? ' late' : ''}`

/** The next items of a new reader. */
async function read(node: Node, count: number, options: SubscribeOptions = {}): Promise<string[]> {
  const subscription = await node.subscribe(['chat'], options)
  const found: string[] = []
  if (count > 0) {
    for await (const item of subscription) {
      found.push(shown(item))
      if (found.length === count) break
    }
  }
  subscription.close()
  return found
}

const temporaryHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

test('a reader begins where it says, and goes on with what comes, without gap or repeat', async () => {
  const node = await startNode()
  const [, second] = await publish(node, 'one', 'two', 'three')
  const starts: [SubscribeOptions, string[]][] = [
    [{ all: true }, ['one', 'two', 'three', 'four']],
    [{ last: 2 }, ['two', 'three', 'four']],
    [{ last: 10 }, ['one', 'two', 'three', 'four']],
    [{ since: second! }, ['three', 'four']],
    [{ since: second!.slice(0, 12) }, ['three', 'four']],
    [{ since: new Date(Date.now() - 60_000) }, ['one', 'two', 'three', 'four']],
    [{ since: new Date(Date.now() - 60_000).toISOString() }, ['one', 'two', 'three', 'four']],
    [{}, ['four']],
  ]
  const subscriptions = await Promise.all(starts.map(([options]) => node.subscribe(['chat'], options)))
  await publish(node, 'four')
  for (const [index, [options, wanted]] of starts.entries()) {
    const found: Item[] = []
    for await (const item of subscriptions[index]!) {
      found.push(item)
      if (found.length === wanted.length) break
    }
    expect({ options, texts: found.map(shown) }).toEqual({ options, texts: wanted })
    expect(found.map((item) => 'via' in item && item.via)).toEqual(
      wanted.map((text) => (text === 'four' ? 'live' : 'history')),
    )
  }
  await expect(node.subscribe(['chat'], { all: true, last: 1 })).rejects.toMatchObject({ code: 'usage' })
  await expect(node.subscribe(['chat'], { since: 'f'.repeat(64) })).rejects.toMatchObject({ code: 'not-found' })
  await expect(node.subscribe(['chat'], { since: 'yesterday' })).rejects.toMatchObject({ code: 'usage' })
})

test('a time in the middle begins there', async () => {
  const node = await startNode()
  await publish(node, 'one')
  const between = Date.now() + 5
  while (Date.now() <= between) await new Promise((resolve) => setImmediate(resolve))
  await publish(node, 'two')
  expect(await read(node, 1, { since: new Date(between) })).toEqual(['two'])
})

test('what is not kept has no past', async () => {
  const node = await startNode()
  await node.hold({ name: 'chat', delivery: 'best-effort' })
  for (const options of [{ all: true }, { last: 1 }, { consumer: 'c' }])
    await expect(node.subscribe(['chat'], options)).rejects.toMatchObject({ code: 'usage' })
})

test('history goes by author, time and id, from either end', async () => {
  const node = await startNode()
  const ids = await publish(node, 'one', 'two', 'three')
  const texts = async (query: object): Promise<(string | undefined)[]> => {
    const found = await Array.fromAsync(node.history.read({ topic: 'chat', ...query }))
    return found.map(({ text }) => text)
  }
  expect(await texts({})).toEqual(['one', 'two', 'three'])
  expect(await texts({ last: 2 })).toEqual(['two', 'three'])
  expect(await texts({ last: 2, reverse: true })).toEqual(['three', 'two'])
  expect(await texts({ reverse: true })).toEqual(['three', 'two', 'one'])
  expect(await texts({ id: ids[1]!.slice(0, 10) })).toEqual(['two'])
  expect(await texts({ author: node.peerId })).toEqual(['one', 'two', 'three'])
  expect(await texts({ until: '2020-01-01' })).toEqual([])
  expect(await texts({ since: '2020-01-01' })).toEqual(['one', 'two', 'three'])
  await expect(texts({ since: ids[0] })).rejects.toMatchObject({ code: 'usage' })
  await expect(texts({ topic: 'other' })).rejects.toMatchObject({ code: 'not-held' })
})

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

test('an export makes a fresh home of the same network equal, and what was changed is refused', async () => {
  const node = await startNode()
  await Promise.all(Array.from({ length: 300 }, (_, index) => publish(node, `m${index}`)))
  const [header, ...lines] = await Array.fromAsync(node.history.export('chat'))
  expect(header).toMatchObject({ grapevine: 'export', network: node.network().id, topic: 'chat' })
  const wires = lines.map((line) => Buffer.from('wire' in line ? line.wire : '', 'base64'))
  const damaged = wires.map((wire, index) => {
    const bytes = Buffer.from(wire)
    if (index === 0) bytes[bytes.length - 1]! ^= 1
    return bytes
  })
  const from = async function* (all: readonly Uint8Array[]): AsyncGenerator<Uint8Array, void, void> {
    yield* all
  }
  const other = await startNode({ ticket: node.ticket() })
  const first = await Array.fromAsync(other.history.import('chat', from(damaged)))
  expect(first[0]).toEqual({ result: 'refused', reason: 'bad-signature' })
  expect(first.slice(1).filter(({ result }) => result === 'refused')).toEqual([])
  await Array.fromAsync(other.history.import('chat', from(wires)))
  const again = await Array.fromAsync(other.history.import('chat', from(wires)))
  expect(again.every(({ result }) => result === 'known')).toBe(true)
  const ids = async (of: Node): Promise<string[]> =>
    (await Array.fromAsync(of.history.read({ topic: 'chat' }))).map(({ id }) => id).toSorted()
  expect(await ids(other)).toEqual(await ids(node))
  expect(await ids(other)).toHaveLength(300)
})

test('a message that names parents comes behind them in causal order', async () => {
  const node = await startNode()
  const [parent] = await publish(node, 'parent')
  await node.publish('chat', Buffer.from('child'), { parents: [parent!.slice(0, 8)] })
  await node.publish('chat', Buffer.from('orphan'), { parents: ['ab'.repeat(32)] })
  const reader = await node.subscribe(['chat'], { all: true, ordered: 'causal', gapWaitMs: 30 })
  const found: Item[] = []
  for await (const item of reader) {
    found.push(item)
    if (found.length === 4) break
  }
  expect(found[1]).toMatchObject({ text: 'child', parents: [parent] })
  expect(found[2]).toMatchObject({ gap: { missed: 1, parents: ['ab'.repeat(32)] } })
  expect(found[3]).toMatchObject({ text: 'orphan' })
  expect(await read(node, 2, { last: 2, ordered: 'causal', gapWaitMs: 30 })).toEqual([
    'child',
    'gap undefined-undefined',
  ])
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

test('what arrived in reverse comes in order, however short the wait: the store knows that it will come', async () => {
  const node = await startNode()
  let parent: string | undefined
  for (let number = 1; number <= 200; number++) {
    const options = parent === undefined ? {} : { parents: [parent] }
    parent = (await node.publish('chat', Buffer.from(`m${number}`), options)).id
  }
  const lines = await Array.fromAsync(node.history.export('chat'))
  const wires = lines.flatMap((line) => ('wire' in line ? [Buffer.from(line.wire, 'base64')] : []))
  expect(wires).toHaveLength(200)
  const other = await startNode({ ticket: node.ticket() })
  await node.stop()
  const reversed = (async function* () {
    yield* wires.toReversed()
  })()
  await Array.fromAsync(other.history.import('chat', reversed))
  const wanted = wires.map((_, index) => `m${index + 1}`)
  expect((await read(other, 200, { all: true }))[0]).toBe('m200')
  expect(await read(other, 200, { all: true, ordered: 'author', gapWaitMs: 1 })).toEqual(wanted)
  expect(await read(other, 200, { all: true, ordered: 'causal', gapWaitMs: 1 })).toEqual(wanted)
  // Those behind the start are not waited for.
  expect(await read(other, 3, { last: 3, ordered: 'author', gapWaitMs: 1 })).toEqual(['m1', 'm2', 'm3'])
})
