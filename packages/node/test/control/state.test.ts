import { expect, test } from 'vitest'
import type { StateChangeView, WatchReadyView } from '@grapevine/protocol/control'
import { serveEcho } from './serve-echo.ts'

test('keys are written, read, listed and deleted, text and bytes alike', async () => {
  const { client, node } = await serveEcho()
  const { peerId } = node.state
  const writes = [
    { key: 'role', text: 'relay' },
    { key: 'a/b', base64: 'AP8=' },
    { key: 'long', text: `${'x'.repeat(255)}ü and more` },
  ]
  const written = { peerId, epoch: 1, version: 3, keys: ['role', 'a/b', 'long'] }
  expect(await client.call('stateSet', {}, { body: { writes } })).toEqual(written)
  expect(await client.call('stateValue', { key: 'a/b' })).toMatchObject({
    key: 'a/b',
    base64: 'AP8=',
    size: 2,
    version: 2,
  })
  expect(await client.call('stateValue', { key: 'role', of: peerId })).toMatchObject({ text: 'relay', epoch: 1 })
  const listed = await client.call('state', {})
  expect(listed.map(({ key }) => key)).toEqual(['a/b', 'long', 'role'])
  expect(listed[1]).toMatchObject({ text: 'x'.repeat(255), cut: true, size: 266 })
  expect(await client.call('state', { match: 'r*', all: true })).toHaveLength(1)
  expect(await client.call('stateRemove', { key: ['role', 'long'] })).toMatchObject({ version: 5 })
  await expect(client.call('stateValue', { key: 'role' })).rejects.toMatchObject({
    code: 'not-found',
    hint: 'see: grapevine state ls --all',
  })
  await expect(client.call('stateRemove', { key: ['a/b', 'role'] })).rejects.toMatchObject({ code: 'not-found' })
  expect(await client.call('state', {})).toHaveLength(1)
})

test('what breaks a rule is refused with a code, by the schema or the node', async () => {
  const { client } = await serveEcho()
  const set = (write: object): Promise<unknown> =>
    client.call('stateSet', {}, { body: { writes: [write] } } as unknown as { body: { writes: [] } })
  for (const write of [
    {},
    { key: 'k' },
    { key: 'k', text: 'a', base64: 'AA==' },
    { key: '', text: '' },
    { key: 'k', text: 1 },
  ])
    await expect(set(write)).rejects.toMatchObject({ code: 'usage' })
  await expect(set({ key: 'a b', text: '' })).rejects.toMatchObject({ code: 'usage', hint: expect.any(String) })
  await expect(set({ key: 'k', text: 'x'.repeat(65_537) })).rejects.toMatchObject({ code: 'oversize' })
  await set({ key: '__proto__', text: '' })
  expect(await client.call('stateValue', { key: '__proto__' })).toMatchObject({ text: '', size: 0 })
  const counted = client.call('counterAdd', {}, { body: { key: 'k', by: 0.5 } })
  await expect(counted).rejects.toMatchObject({ code: 'usage' })
})

test('shared values, counters and groups', async () => {
  const { client, node } = await serveEcho()
  const by = node.state.peerId
  const value = await client.call('sharedSet', {}, { body: { key: 'leader', text: 'anna' } })
  expect(value).toMatchObject({ kind: 'value', key: 'leader', text: 'anna', size: 4, by, writers: 1 })
  expect(await client.call('sharedValue', { key: 'leader' })).toEqual(value)
  expect(await client.call('counterAdd', {}, { body: { key: 'hits', by: 7 } })).toMatchObject({ count: 7 })
  await client.call('counterAdd', {}, { body: { key: 'hits', by: Number.MAX_SAFE_INTEGER - 7 } })
  expect(await client.call('counter', { key: 'hits' })).toMatchObject({ count: Number.MAX_SAFE_INTEGER })
  const full = client.call('counterAdd', {}, { body: { key: 'hits', by: 1 } })
  await expect(full).rejects.toMatchObject({ code: 'oversize' })
  const body = { key: 'jobs', add: [{ text: 'b' }, { base64: '/w==' }, { text: 'a' }] }
  expect(await client.call('groupChange', {}, { body })).toMatchObject({ count: 3 })
  const left = await client.call('groupChange', {}, { body: { key: 'jobs', remove: [{ text: 'b' }, { text: 'c' }] } })
  expect(left).toMatchObject({ kind: 'group', count: 2, elements: [{ text: 'a' }, { base64: '/w==' }] })
  const listed = await client.call('shared', {})
  expect(listed.map(({ key, kind, count }) => [key, kind, count])).toEqual([
    ['hits', 'counter', Number.MAX_SAFE_INTEGER],
    ['jobs', 'group', 2],
    ['leader', 'value', undefined],
  ])
  expect(await client.call('shared', { kind: 'group' })).toHaveLength(1)
  expect(await client.call('sharedRemove', { key: 'leader' })).toEqual({ key: 'leader' })
  await expect(client.call('sharedValue', { key: 'leader' })).rejects.toMatchObject({ code: 'not-found' })
})

test('a watch goes on with Last-Event-ID where it was, and ends with the node', async () => {
  const { client, node } = await serveEcho()
  await node.state.set('x', '1')
  let lastEventId: string | undefined
  const onEventId = (id: string): void => void (lastEventId = id)
  const first = client.stream('stateWatch', {}, { onEventId })
  expect((await first.next()).value).toMatchObject({ change: 'set', key: 'x', text: '1', present: true })
  expect((await first.next()).value).toEqual({ ready: { present: 1 } } satisfies WatchReadyView)
  await node.state.set('x', '2')
  expect((await first.next()).value).toMatchObject({
    key: 'x',
    text: '2',
    version: 2,
  } satisfies Partial<StateChangeView>)
  await first.return()
  await node.state.remove('x')
  const second = client.stream('stateWatch', {}, { lastEventId })
  expect((await second.next()).value).toEqual({ ready: { present: 0 } })
  expect((await second.next()).value).toMatchObject({ change: 'removed', key: 'x' })
  const shared = client.stream('sharedWatch', { match: ['h*'], new: true })
  expect((await shared.next()).value).toEqual({ ready: { present: 0 } })
  await node.state.counter.add('other')
  await node.state.counter.add('hits')
  expect((await shared.next()).value).toMatchObject({ change: 'set', kind: 'counter', key: 'hits', count: 1 })
  ;(node.state as unknown as { close(): void }).close()
  expect((await second.next()).done).toBe(true)
  expect((await shared.next()).done).toBe(true)
})
