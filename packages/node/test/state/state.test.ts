import { describe, expect, test } from 'vitest'
import type { StateEntry } from '../../src/cluster/state-api.ts'
import { StateNet } from './state-net.ts'

const text = (entry: Pick<StateEntry, 'value'> | undefined): string | undefined =>
  entry === undefined ? undefined : Buffer.from(entry.value).toString()

describe('keys of a node', () => {
  test('are seen by others under its name, and by nobody as theirs', async () => {
    const net = new StateNet()
    const [a, b] = [net.start('anna'), net.start('bert')]
    expect(await a.state.set('role', 'relay')).toMatchObject({ peerId: a.peerId, key: 'role', epoch: 1, version: 1 })
    await a.state.set('raw', Uint8Array.of(0, 255, 10))
    net.meet('anna', 'bert')
    expect(text(b.state.get('role', 'anna'))).toBe('relay')
    expect(b.state.get('raw', a.peerId.slice(-8))!.value).toEqual(Uint8Array.of(0, 255, 10))
    expect(b.state.get('role')).toBeUndefined()
    expect(b.state.get('zone', 'anna')).toBeUndefined()
    expect(b.state.list()).toEqual([])
    expect(b.state.list({ all: true }).map(({ key }) => key)).toEqual(['raw', 'role'])
    expect(b.state.list({ of: 'anna', match: 'ro*' }).map(text)).toEqual(['relay'])
    expect(b.state.list({ all: true, limit: 1 })).toHaveLength(1)
  })

  test('list our own first', async () => {
    const net = new StateNet()
    const nodes = ['a', 'b', 'c'].map((name) => net.start(name))
    for (const { state } of nodes)
      await state.write([
        { key: 'y', value: '2' },
        { key: 'x', value: '1' },
      ])
    net.meet('a', 'b', 'c')
    for (const { state, peerId } of nodes) {
      const all = state.list({ all: true })
      expect(all.map(({ key }) => key)).toEqual(['x', 'y', 'x', 'y', 'x', 'y'])
      expect(all.slice(0, 2).every((entry) => entry.peerId === peerId)).toBe(true)
    }
  })

  test('are refused with a code and a hint where they break a rule, and then nothing is written', async () => {
    const { state } = new StateNet().start('a')
    for (const key of ['', 'a b', 'a=b', 'a*', 'k'.repeat(251), 'a\u202eb'])
      await expect(state.set(key, '')).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('250') })
    await expect(state.set('k', new Uint8Array(65_537))).rejects.toMatchObject({ code: 'oversize' })
    await expect(state.set('k', '\ud800')).rejects.toMatchObject({ code: 'usage' })
    await expect(
      state.write([
        { key: 'good', value: '1' },
        { key: 'not good', value: '1' },
      ]),
    ).rejects.toMatchObject({ code: 'usage' })
    await expect(state.remove('k')).rejects.toMatchObject({ code: 'not-found' })
    expect(() => state.get('k', 'nobody')).toThrow(expect.objectContaining({ code: 'not-found' }))
    expect(() => state.get('k', '…x y')).toThrow(expect.objectContaining({ code: 'usage' }))
    expect(() => state.list({ all: true, of: 'a' })).toThrow(expect.objectContaining({ code: 'usage' }))
    expect(state.list()).toEqual([])
    await state.set('k', new Uint8Array(65_536))
    const many = Array.from({ length: 1007 }, (_, index) => ({ key: `k${index}`, value: 'v' }))
    await state.write(many)
    await expect(state.set('more', '')).rejects.toMatchObject({ code: 'overloaded' })
    // What is there can still be changed and deleted.
    await state.set('k7', 'other')
    await state.remove('k8', 'k9')
    await expect(state.set('more', '')).rejects.toMatchObject({ code: 'overloaded' })
    const large = Array.from({ length: 20 }, (_, index) => ({ key: `k${index}`, value: new Uint8Array(60_000) }))
    await expect(state.write(large)).rejects.toMatchObject({ code: 'oversize' })
    expect(text(state.get('k7'))).toBe('other')
  })

  test('stay deleted when a node returns that has them on disk', async () => {
    const net = new StateNet()
    const [a] = [net.start('a'), net.start('b'), net.start('old')]
    await a.state.set('k', 'v')
    net.meet('a', 'b', 'old')
    const disk = [...net.nodes.get('old')!.replica.owners()].map(({ state }) => state)
    await a.state.remove('k')
    net.meet('a', 'b')
    const old = net.start('old', disk)
    expect(text(old.state.get('k', 'a'))).toBe('v')
    net.meet('old', 'b')
    net.meet('a', 'b', 'old')
    for (const { state } of net.nodes.values()) expect(state.get('k', 'a')).toBeUndefined()
  })
})

describe('what several nodes write', () => {
  test('a value is that of the last write, also behind a clock that is ahead', async () => {
    const net = new StateNet()
    const [a, b] = [net.start('a'), net.start('b')]
    expect(a.state.shared.get('leader')).toBeUndefined()
    await a.state.shared.set('leader', 'a')
    net.meet('a', 'b')
    expect(await b.state.shared.set('leader', 'b')).toMatchObject({ by: b.peerId, writers: 2 })
    net.meet('a', 'b')
    expect(Buffer.from(a.state.shared.get('leader')!.value!).toString()).toBe('b')
    await a.state.shared.remove('leader')
    net.meet('a', 'b')
    expect(b.state.shared.get('leader')).toBeUndefined()
    await expect(b.state.shared.remove('leader')).rejects.toMatchObject({ code: 'not-found' })
    await expect(b.state.shared.set('leader', new Uint8Array(65_505))).rejects.toMatchObject({ code: 'oversize' })
    await expect(b.state.shared.set('a b', 'x')).rejects.toMatchObject({ code: 'usage' })
    await b.state.shared.set('leader', new Uint8Array(65_504))
  })

  test('counters and groups lose nothing that was written on two sides of a partition', async () => {
    const net = new StateNet()
    const [a, b] = [net.start('a'), net.start('b')]
    await a.state.group.add('jobs', 'one', 'two')
    await a.state.counter.add('hits', 5)
    net.meet('a', 'b')
    expect((await b.state.counter.add('hits')).count).toBe(6n)
    expect((await a.state.counter.add('hits', -2)).count).toBe(3n)
    // b has not seen that a adds it once more.
    await b.state.group.remove('jobs', 'one')
    await a.state.group.change('jobs', { remove: ['one'], add: ['one', 'three', 'one'] })
    net.meet('a', 'b')
    for (const { state } of [a, b]) {
      expect(state.counter.get('hits').count).toBe(4n)
      expect(state.group.get('jobs').elements.map((each) => Buffer.from(each).toString())).toEqual([
        'one',
        'three',
        'two',
      ])
    }
    expect(a.state.listShared().map(({ key, kind, writers }) => [key, kind, writers])).toEqual([
      ['hits', 'counter', 2],
      ['jobs', 'group', 2],
    ])
    expect(a.state.listShared({ kind: 'group', match: 'j*' })).toHaveLength(1)
    // What several write is no key of one.
    expect(a.state.list({ all: true })).toEqual([])
    expect(a.state.counter.get('other').count).toBe(0n)
    expect(a.state.group.get('other').elements).toEqual([])
    await expect(a.state.group.add('jobs', '')).rejects.toMatchObject({ code: 'usage' })
    await expect(a.state.counter.add('hits', 0.5)).rejects.toMatchObject({ code: 'usage' })
  })

  test('what is on disk counts after a restart, and what an owner said counts no more once it is forgotten', async () => {
    const net = new StateNet()
    const [a, b] = [net.start('a'), net.start('b')]
    await a.state.counter.add('hits', 5)
    await b.state.counter.add('hits', 7)
    net.meet('a', 'b')
    const disk = [...a.replica.owners()].map(({ state }) => state)
    const again = net.start('a', disk)
    expect(again.state.counter.get('hits')).toMatchObject({ count: 12n, writers: 2 })
    expect((await again.state.counter.add('hits')).count).toBe(13n)
    net.meet('a', 'b')
    expect(b.state.counter.get('hits').count).toBe(13n)
    again.forget('b')
    expect(again.state.counter.get('hits')).toMatchObject({ count: 6n, writers: 1 })
  })

  test('a group that is full says so, and takes what is there already', async () => {
    const { state } = new StateNet().start('a')
    const elements = Array.from({ length: 62 }, (_, index) => String(index).padStart(1024, 'x'))
    await state.group.add('full', ...elements)
    await expect(state.group.add('full', 'y'.repeat(1024), 'z'.repeat(1024))).rejects.toMatchObject({
      code: 'oversize',
    })
    expect((await state.group.add('full', elements[3]!)).elements).toHaveLength(62)
  })
})
