import { expect, test } from 'vitest'
import type { SubscribeOptions } from '../../src/api.ts'
import type { Node } from '../../src/node.ts'
import { startNode } from '../test-network.ts'
import { type Item, publish, read, shown } from './reading.ts'

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
  expect(await texts({ author: node.peerId.slice(-6), last: 1 })).toEqual(['three'])
  await expect(texts({ author: 'nobody' })).rejects.toMatchObject({ code: 'not-found' })
  expect(await texts({ until: '2020-01-01' })).toEqual([])
  expect(await texts({ since: '2020-01-01' })).toEqual(['one', 'two', 'three'])
  await expect(texts({ since: ids[0] })).rejects.toMatchObject({ code: 'usage' })
  await expect(texts({ topic: 'other' })).rejects.toMatchObject({ code: 'not-held' })
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
