import * as fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import {
  decodeStateFrame,
  type Delta,
  encodeOwnerState,
  makeEntry,
  type OwnerState,
  type StateAction,
} from '../../src/state/index.ts'
import { rootOf, headSignedBytes } from '../../src/state/owner-state.ts'
import { sha256 } from '../../src/id.ts'
import { bytesOfText, deltaOf, fakeSign, frameOf, keyOfName, networkId, StateWorld } from './state-world.ts'

/** A state signed by an owner of our own, for bounds. */
function signedState(name: string, values: readonly (string | undefined)[], epoch = 1): OwnerState {
  const owner = keyOfName(name)
  const entries = values.map((value, index) =>
    makeEntry({
      key: `k${index}`,
      version: index + 1,
      time: 1,
      value: value === undefined ? undefined : bytesOfText(value),
    }),
  )
  const head = { owner, epoch, version: values.length, floor: 0, count: entries.length }
  const root = rootOf(head, entries, sha256)
  const signature = fakeSign(owner, headSignedBytes(networkId, root))
  return {
    head: { ...head, root, signature },
    entries,
    bytes: entries.reduce((sum, { bytes }) => sum + bytes.length, 0),
  }
}

let world: StateWorld
let victim: OwnerState
let older: OwnerState
const hexOf = (): string => encodeOwnerState(world.replicas.get('b')!.stateOf(keyOfName('a'))!).toString()
const give = (bytes: Uint8Array): StateAction[] => world.act('b', { type: 'frame', peer: 'evil', bytes })

beforeEach(() => {
  world = StateWorld.of(['a', 'b'], 8)
  world.set('a', 'one', '1')
  world.set('a', 'two', '2')
  older = world.replicas.get('a')!.stateOf(keyOfName('a'))!
  world.set('a', 'two', 'changed')
  world.run(2000)
  victim = world.replicas.get('b')!.stateOf(keyOfName('a'))!
})

describe('another’s entries are never changed', () => {
  test('by a flipped byte, wherever it is', () => {
    const fresh = signedState('c', ['x', undefined, 'z'])
    const bytes = frameOf(fresh)
    const before = hexOf()
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 16, 128]) {
        const flipped = bytes.slice()
        flipped[at]! ^= bit
        world.now += 1000
        give(flipped)
        // Only what the owner signed is ever shown.
        const shown = world.replicas.get('b')!.stateOf(keyOfName('c'))
        expect(shown === undefined || shown.head.root.toString() === fresh.head.root.toString()).toBe(true)
        expect(hexOf()).toBe(before)
      }
    }
  })

  test('by a replay of what was said before', () => {
    const before = hexOf()
    expect(give(frameOf(older)).filter(({ type }) => type === 'verify' || type === 'changed')).toEqual([])
    expect(hexOf()).toBe(before)
  })

  test('by a forged head, however late it claims to be', () => {
    const before = hexOf()
    const forged = { ...victim, head: { ...victim.head, version: victim.head.version + 1, epoch: 1000 } }
    const root = rootOf(forged.head, forged.entries, sha256)
    const actions = give(frameOf({ ...forged, head: { ...forged.head, root } }))
    expect(actions).toContainEqual({ type: 'blame', peer: 'evil', fault: 'bad-signature' })
    expect(hexOf()).toBe(before)
  })

  test('by a delta that leaves out an entry, or has one in its place', () => {
    const whole = deltaOf(signedState('c', ['x', 'y', 'z']))
    for (const entries of [whole.entries.slice(1), whole.entries.slice(0, 2), [...whole.entries].toReversed()]) {
      const faults = give(frameOf({ ...whole, entries })).filter(({ type }) => type === 'blame')
      expect(faults).toHaveLength(1)
    }
    const swapped = makeEntry({ key: 'k1', version: 2, time: 1, value: bytesOfText('evil') }).bytes
    expect(give(frameOf({ ...whole, entries: whole.entries.with(1, swapped) }))).toContainEqual({
      type: 'blame',
      peer: 'evil',
      fault: 'bad-root',
    })
    expect(world.replicas.get('b')!.stateOf(keyOfName('c'))).toBeUndefined()
    expect(give(frameOf(whole)).some(({ type }) => type === 'changed')).toBe(true)
  })

  test('by a beginning with a hole, which is found out when the rest comes, and mended', () => {
    const state = signedState('c', ['x', 'y', 'z'])
    const whole = deltaOf(state)
    const start: Delta = { ...whole, entries: [whole.entries[1]!], isCut: true }
    give(frameOf(start))
    expect(world.replicas.get('b')!.stateOf(keyOfName('c'))).toBeUndefined()
    const rest: Delta = { ...whole, from: 2, entries: [whole.entries[2]!] }
    // Who sends the rest need not know of the hole.
    expect(give(frameOf(rest)).filter(({ type }) => type === 'blame')).toEqual([])
    expect(world.replicas.get('b')!.stateOf(keyOfName('c'))).toBeUndefined()
    give(frameOf(whole))
    expect(world.replicas.get('b')!.stateOf(keyOfName('c'))!.entries).toHaveLength(3)
  })

  test('by a tombstone taken away', () => {
    const whole = deltaOf(signedState('c', ['x', undefined]))
    give(frameOf({ ...whole, entries: [whole.entries[0]!] }))
    expect(world.replicas.get('b')!.stateOf(keyOfName('c'))).toBeUndefined()
  })

  test('by any bytes: no frame throws, and none of random bytes is read', () => {
    const before = hexOf()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        world.now += 100
        give(bytes)
        const frame = decodeStateFrame(bytes)
        if (frame?.type === 'exchange') expect(frame.deltas).toEqual([])
      }),
      { numRuns: 2000 },
    )
    expect(hexOf()).toBe(before)
  })
})

describe('bounds', () => {
  test('on keys and bytes of an owner hold for who signs more', () => {
    world = StateWorld.of(['a', 'b'], 8, { limits: { keysPerOwnerMax: 3, bytesPerOwnerMax: 2000 } })
    expect(give(frameOf(signedState('c', ['1', '2', '3', '4'])))).toContainEqual({
      type: 'blame',
      peer: 'evil',
      fault: 'too-large',
    })
    expect(give(frameOf(signedState('c', ['x'.repeat(2000)])))).toContainEqual({
      type: 'blame',
      peer: 'evil',
      fault: 'too-large',
    })
    expect(give(frameOf(signedState('c', ['1', '2', '3']))).some(({ type }) => type === 'changed')).toBe(true)
  })

  test('on owners: one peer takes no more than its share, and others still have room', () => {
    world = StateWorld.of(['b'], 8, { limits: { ownersMax: 8 } })
    for (let index = 0; index < 20; index++) give(frameOf(signedState(`sybil ${index}`, ['1'])))
    expect(world.replicas.get('b')!.size.owners).toBe(6)
    world.act('b', { type: 'frame', peer: 'honest', bytes: frameOf(signedState('c', ['1'])) })
    expect(world.replicas.get('b')!.stateOf(keyOfName('c'))).toBeDefined()
  })

  test('on bytes: what an owner adds is not taken when there is no room', () => {
    world = StateWorld.of(['b'], 8, { limits: { bytesMax: 20_000 } })
    for (let index = 0; index < 20; index++) give(frameOf(signedState(`sybil ${index}`, ['x'.repeat(3000)])))
    expect(world.replicas.get('b')!.size.bytes).toBeLessThan(20_000 * 0.75 + 1024)
  })

  test('on owners of which nothing whole comes: they are dropped after a minute', () => {
    world = StateWorld.of(['a', 'b'], 8)
    for (let index = 0; index < 20; index++) {
      const whole = deltaOf(signedState(`sybil ${index}`, ['1', '2']))
      give(frameOf({ ...whole, entries: [whole.entries[0]!], isCut: true }))
    }
    expect(world.replicas.get('b')!.size.owners).toBe(20)
    world.run(62_000)
    expect(world.replicas.get('b')!.size.owners).toBe(2)
  })

  test('on who was forgotten: old copies do not bring it back for ten minutes, a later state does', () => {
    const state = signedState('c', ['1'])
    give(frameOf(state))
    world.act('b', { type: 'forget', owner: keyOfName('c') })
    expect(give(frameOf(state)).some(({ type }) => type === 'changed')).toBe(false)
    expect(give(frameOf(signedState('c', ['1'], 2))).some(({ type }) => type === 'changed')).toBe(true)
    world.act('b', { type: 'forget', owner: keyOfName('c') })
    // Who was away for a day, but is alive, must not be shut out for ever.
    world.now += 600_000
    expect(give(frameOf(signedState('c', ['1'], 2))).some(({ type }) => type === 'changed')).toBe(true)
  })
})

test('an owner that signs two states with one version: all nodes agree on one of them', () => {
  world = StateWorld.of(['a', 'b', 'c', 'd'], 3)
  const states = ['this', 'that'].map((value) => signedState('liar', [value, 'same']))
  world.act('a', { type: 'frame', peer: 'liar', bytes: frameOf(states[0]!) })
  world.act('d', { type: 'frame', peer: 'liar', bytes: frameOf(states[1]!) })
  world.run(5000)
  expect(world.isEqual).toBe(true)
  expect(world.get('b', 'liar', 'k0')).toBeDefined()
})
