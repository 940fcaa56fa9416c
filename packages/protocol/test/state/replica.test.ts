import { describe, expect, test } from 'vitest'
import { decodeStateFrame, type ExchangeFrame, Replica, type StateAction } from '../../src/state/index.ts'
import { bytesOfText, fakeSign, frameOf, keyOfName, networkId, StateWorld, textOf } from './state-world.ts'

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `n${index}`)
const sent = (actions: readonly StateAction[]): number => actions.filter(({ type }) => type === 'send').length

describe('a node’s own keys', () => {
  test('are signed once, together, and seen when they are', () => {
    const owner = keyOfName('a')
    const replica = new Replica({ networkId, owner, epoch: 7, seed: 1, peerOf: () => 'a' })
    const [first] = replica.handle({ type: 'set', key: 'role', value: bytesOfText('relay'), time: 10 }, 0)
    expect(first).toMatchObject({ type: 'sign', ref: 1 })
    expect(replica.handle({ type: 'set', key: 'zone', value: bytesOfText('eu'), time: 11 }, 1)).toEqual([])
    expect(replica.handle({ type: 'set', key: 'name', value: bytesOfText('x'), time: 11 }, 1)).toEqual([])
    expect(textOf(replica.get('zone'))).toBe('eu')
    expect(replica.stateOf(owner)).toBeUndefined()
    const sign = first as StateAction & { type: 'sign' }
    const [changed, next] = replica.handle({ type: 'signed', ref: sign.ref, signature: fakeSign(owner, sign.bytes) }, 2)
    expect(changed).toMatchObject({ type: 'changed', epoch: 7, changes: [{ key: 'role', time: 10 }] })
    expect(next).toMatchObject({ type: 'sign', ref: 2 })
    replica.handle(
      { type: 'signed', ref: 2, signature: fakeSign(owner, (next as StateAction & { type: 'sign' }).bytes) },
      3,
    )
    expect(replica.stateOf(owner)).toMatchObject({ head: { version: 3, count: 3, floor: 0 } })
    // The same again changes nothing, and so does deleting what is not there.
    expect(replica.handle({ type: 'set', key: 'zone', value: bytesOfText('eu'), time: 20 }, 4)).toEqual([])
    expect(replica.handle({ type: 'remove', key: 'other', time: 20 }, 4)).toEqual([])
  })

  test('keep to their bounds', () => {
    const world = StateWorld.of(['a'], 1, { limits: { keysPerOwnerMax: 2, bytesPerOwnerMax: 80_000 } })
    const codeOf = (key: string, size: number): unknown =>
      world.act('a', { type: 'set', key, value: new Uint8Array(size), time: 1 }).find(({ type }) => type === 'refused')
    expect(codeOf('', 1)).toMatchObject({ code: 'key' })
    expect(codeOf('k'.repeat(257), 1)).toMatchObject({ code: 'key' })
    expect(codeOf('large', 65_537)).toMatchObject({ code: 'value' })
    expect(codeOf('large', 65_536)).toBeUndefined()
    expect(codeOf('second', 20_000)).toMatchObject({ code: 'too-large' })
    expect(codeOf('second', 1)).toBeUndefined()
    expect(codeOf('third', 1)).toMatchObject({ code: 'too-many' })
    // What is deleted makes room for bytes at once; its key counts until the tombstone goes.
    world.remove('a', 'large')
    expect(codeOf('second', 20_000)).toBeUndefined()
    expect(codeOf('third', 1)).toMatchObject({ code: 'too-many' })
  })

  test('leave room to what the node says of itself', () => {
    const world = StateWorld.of(['a'])
    const set = (key: string, size: number): unknown =>
      world.act('a', { type: 'set', key, value: new Uint8Array(size), time: 1 }).find(({ type }) => type === 'refused')
    for (let index = 0; index < 1008; index++) expect(set(`u:${index}`, 1)).toBeUndefined()
    expect(set('u:more', 1)).toMatchObject({ code: 'too-many' })
    expect(set('m:self', 20_000)).toBeUndefined()
  })

  test('that are written together are signed together, all or none of them', () => {
    const world = StateWorld.of(['a'])
    const write = (...keys: readonly (readonly [string, number | undefined])[]): StateAction[] =>
      world.act('a', {
        type: 'write',
        writes: keys.map(([key, size]) => ({ key, value: size === undefined ? undefined : new Uint8Array(size) })),
        time: 1,
      })
    const types = (actions: readonly StateAction[]): string[] => actions.map(({ type }) => type)
    expect(types(write(['a', 1], ['b', 2], ['c', 3]))).toEqual(['sign', 'changed'])
    expect(write(['a', 9], ['b', 65_537])).toMatchObject([{ type: 'refused', key: 'b', code: 'value' }])
    expect(write(['a', 9], ['', 1])).toMatchObject([{ type: 'refused', key: '', code: 'key' }])
    expect(world.replicas.get('a')!.get('a')).toHaveLength(1)
    expect(types(write(['a', undefined], ['b', 2], ['d', 4]))).toEqual(['sign', 'changed'])
    expect(
      world.replicas
        .get('a')!
        .stateOf(keyOfName('a'))!
        .entries.map(({ key, version }) => [key, version]),
    ).toEqual([
      ['b', 2],
      ['c', 3],
      ['a', 4],
      ['d', 5],
    ])
  })
})

describe('an exchange', () => {
  test('has three steps where all owners fit into one digest, and brings both sides what they lack', () => {
    const world = StateWorld.of(['a', 'b'])
    world.set('a', 'k', 'of a')
    world.set('b', 'k', 'of b')
    world.actions.length = 0
    world.run(400)
    expect(world.get('a', 'b', 'k')).toBe('of b')
    expect(world.get('b', 'a', 'k')).toBe('of a')
    const steps = world.actions.flatMap((action) => {
      const frame = action.type === 'send' ? decodeStateFrame(action.bytes) : undefined
      return frame?.type === 'exchange' ? [frame.step] : []
    })
    expect(Math.max(...steps)).toBe(3)
    expect(world.isEqual).toBe(true)
  })

  test('finds by fingerprints what differs among many owners, in at most four steps', () => {
    const all = names(80)
    const world = StateWorld.of(all, 3)
    for (const name of all) world.set(name, 'k', name)
    world.run(12_000)
    expect(world.isEqual).toBe(true)
    expect(world.replicas.get('n0')!.size.owners).toBe(80)
    world.actions.length = 0
    world.set('n7', 'k', 'new')
    world.run(4000)
    expect(all.every((name) => world.get(name, 'n7', 'k') === 'new')).toBe(true)
    const frames = world.actions.flatMap((action) => (action.type === 'send' ? [decodeStateFrame(action.bytes)!] : []))
    expect(frames.every((frame) => frame.type === 'exchange' && frame.step <= 4 && frame.marks.length < 40)).toBe(true)
  })

  test('carries what is larger than a frame in several, each a run of versions without holes', () => {
    const world = StateWorld.of(['a', 'b'], 5)
    for (let index = 0; index < 12; index++) {
      world.act('a', { type: 'set', key: `k${index}`, value: new Uint8Array(40_000).fill(index), time: index + 1 })
    }
    world.run(200)
    // Nothing is shown before all of it is there.
    expect(world.replicas.get('b')!.stateOf(keyOfName('a'))?.entries.length ?? 0).toBeLessThan(12)
    world.run(10_000)
    expect(
      world.replicas
        .get('b')!
        .stateOf(keyOfName('a'))!
        .entries.map(({ key }) => key),
    ).toEqual(Array.from({ length: 12 }, (_, index) => `k${index}`))
    expect(world.actions.every((action) => action.type !== 'send' || action.bytes.length <= 98_304)).toBe(true)
  })

  test('that is not answered within two seconds is given up, and told of', () => {
    const world = StateWorld.of(['a', 'b'])
    world.stop('b')
    world.run(4000)
    expect(world.actions).toContainEqual({ type: 'exchanged', peer: 'b', isAnswered: false, on: 'a' })
  })

  test('of one peer cannot be opened without end', () => {
    const world = StateWorld.of(['a', 'b'])
    world.set('a', 'k', 'v')
    world.run(1000)
    const bytes = world.actions.flatMap((action) => (action.type === 'send' ? [action.bytes] : []))
    const opening = bytes.find((each) => (decodeStateFrame(each) as ExchangeFrame).step === 1)!
    let answers = 0
    for (let index = 0; index < 1000; index++)
      answers += sent(world.act('a', { type: 'frame', peer: 'x', bytes: opening }))
    expect(answers).toBe(60)
  })
})

describe('lives', () => {
  test('a later one replaces all of an earlier one, but for what was on disk', () => {
    const world = StateWorld.of(['a', 'b'])
    world.set('a', 'kept', '1')
    world.set('a', 'm:of-a-life', '1')
    world.run(3000)
    const disk = world.stop('a')
    world.start('a', disk)
    world.run(3000)
    expect(world.get('b', 'a', 'kept')).toBe('1')
    expect(world.get('b', 'a', 'm:of-a-life')).toBeUndefined()
    expect(world.actions.some(({ type }) => type === 'foreign')).toBe(false)
  })

  test('who finds its key in use by another node is told, and keeps to what it said', () => {
    const world = StateWorld.of(['a', 'b'])
    world.set('a', 'k', 'mine')
    const twin = StateWorld.of(['x', 'a'])
    twin.set('a', 'k', 'of a twin in a later life')
    const head = twin.replicas.get('a')!.stateOf(keyOfName('a'))!
    world.act('a', { type: 'frame', peer: 'b', bytes: frameOf(head) })
    expect(world.actions).toContainEqual({ type: 'foreign', on: 'a' })
    expect(world.get('a', 'a', 'k')).toBe('mine')
  })
})

describe('the round trip of an exchange', () => {
  const place = Uint8Array.from({ length: 26 }, () => 1)
  /** An exchange of two: what the opener is told at its end, 40 ms later. */
  function exchanged({ isDelayed = false, valueSize = 0 }): StateAction | undefined {
    const [a, b] = ['a', 'b'].map((name) => {
      const owner = keyOfName(name)
      return new Replica({ networkId, owner, epoch: 1, seed: 1, peerOf: () => name, place: () => place })
    })
    const bytesOf = (actions: readonly StateAction[]): Uint8Array =>
      actions.find((action) => action.type === 'send')!.bytes
    if (valueSize > 0) {
      const value = new Uint8Array(valueSize)
      const [sign] = b!.handle({ type: 'set', key: 'k', value, time: 1 }, 0)
      const { ref, bytes } = sign as StateAction & { type: 'sign' }
      b!.handle({ type: 'signed', ref, signature: fakeSign(keyOfName('b'), bytes) }, 0)
    }
    const opening = bytesOf(a!.handle({ type: 'exchange', peers: ['b'] }, 100))
    if (isDelayed) a!.handle({ type: 'delayed', peer: 'b' }, 100)
    const answer = bytesOf(b!.handle({ type: 'frame', peer: 'a', bytes: opening }, 7))
    return a!.handle({ type: 'frame', peer: 'b', bytes: answer }, 140)[0]
  }

  test('is told to who opened it, with where the other says that it is', () => {
    expect(exchanged({})).toEqual({ type: 'exchanged', peer: 'b', isAnswered: true, roundTripMs: 40, place })
  })

  test('is not taken where something had to wait, or more was sent than goes at once', () => {
    const plain = { type: 'exchanged', peer: 'b', isAnswered: true, place }
    expect(exchanged({ isDelayed: true })).toEqual(plain)
    expect(exchanged({ valueSize: 20_000 })).toEqual(plain)
  })
})
