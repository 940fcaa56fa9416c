import { beforeEach, describe, expect, test } from 'vitest'
import { decodeAccusations, decodeSelf } from '../../src/member/index.ts'
import { accusedKey, selfKey } from '../../src/member/record.ts'
import type { MemberAction } from '../../src/member/index.ts'
import { keyOfName } from '../state/state-world.ts'
import { idOf, MemberWorld } from './member-world.ts'

let world: MemberWorld
const writes = (key: string): Uint8Array[] =>
  world.actions.flatMap((action) => (action.type === 'set' && action.key === key ? [action.value] : []))
const accused = (): string[] => decodeAccusations(writes(accusedKey).at(-1) ?? new Uint8Array(0))!.map(({ id }) => id)
const changes = (): (MemberAction & { type: 'member' })[] => world.actions.filter((action) => action.type === 'member')
const watchers = ['w1', 'w2', 'w3', 'w4', 'w5']

beforeEach(() => {
  world = new MemberWorld()
})

describe('a node', () => {
  test('chooses five of those whom it can reach to watch it, beats to them, and keeps them', () => {
    const names = Array.from({ length: 12 }, (_, index) => `n${index}`)
    for (const name of names) world.described(name, {})
    world.tell({ type: 'links', peers: names })
    world.tell({ type: 'tick' })
    const [first] = writes(selfKey)
    expect(decodeSelf(first!)).toMatchObject({ incarnation: 0, isLeft: false })
    const chosen = decodeSelf(first!)!.watchers
    expect(chosen).toHaveLength(5)
    world.now = 500
    const [beat] = world.tell({ type: 'tick' })
    expect(beat).toMatchObject({ type: 'send' })
    const peers = (beat as MemberAction & { type: 'send' }).peers
    expect(peers.map(idOf).toSorted()).toEqual(chosen.toSorted())
    // One of them cannot be reached any more: another takes its place, the others stay.
    world.tell({ type: 'links', peers: names.filter((name) => name !== peers[0]) })
    world.run(2000)
    const after = decodeSelf(writes(selfKey).at(-1)!)!.watchers
    expect(after).toHaveLength(5)
    expect(after.filter((id) => chosen.includes(id))).toHaveLength(4)
  })

  test('accuses who has chosen it and falls silent, and takes that back at the next beat', () => {
    world.described('a', { watchers: [idOf('me')] })
    world.run(10_000, ['a'])
    expect(accused()).toEqual([])
    world.run(3000)
    expect(accused()).toEqual([])
    world.run(1500)
    expect(accused()).toEqual([idOf('a')])
    expect(world.membership.member('a')!.phi).toBeGreaterThan(8)
    world.beat('a')
    expect(accused()).toEqual([])
  })

  test('accuses nobody who has not chosen it', () => {
    world.described('a', { watchers: [idOf('b')] })
    world.run(1000, ['a'])
    world.run(60_000)
    expect(accused()).toEqual([])
    expect(world.membership.member('a')!.phi).toBeUndefined()
  })

  test('that was stopped itself accuses nobody of the silence meanwhile, and waits longer from then on', () => {
    world.described('a', { watchers: [idOf('me')] })
    world.run(10_000, ['a'])
    world.now += 60_000
    world.tell({ type: 'tick' })
    expect(accused()).toEqual([])
    expect(world.membership.health.score).toBe(2)
    world.run(3500)
    expect(accused()).toEqual([])
    world.run(3000)
    expect(accused()).toEqual([idOf('a')])
  })

  test('whose exchanges fail trusts itself less, but not for those with members that are gone', () => {
    world.described('a', {})
    for (let index = 0; index < 20; index++) world.tell({ type: 'exchanged', peer: 'a', isAnswered: false })
    expect(world.membership.health.score).toBe(8)
    for (let index = 0; index < 20; index++) world.tell({ type: 'exchanged', peer: 'a', isAnswered: true })
    expect(world.membership.health.score).toBe(0)
    world.described('a', { isLeft: true })
    world.tell({ type: 'exchanged', peer: 'a', isAnswered: false })
    expect(world.membership.health.score).toBe(0)
  })

  test('refutes when most of its watchers call it silent', () => {
    for (const name of watchers) world.described(name, {})
    world.tell({ type: 'links', peers: watchers })
    world.tell({ type: 'tick' })
    const own = writes(selfKey).at(-1)!
    world.changed('me', 1, selfKey, own)
    for (const name of watchers.slice(0, 2)) world.accuses(name, ['me'])
    world.run(3000)
    expect(writes(selfKey)).toHaveLength(1)
    world.accuses('w3', ['me'])
    world.run(3000)
    expect(decodeSelf(writes(selfKey).at(-1)!)!.incarnation).toBe(1)
    expect(writes(selfKey)).toHaveLength(2)
  })

  test('replaces a watcher that goes on saying that it hears nothing', () => {
    for (const name of [...watchers, 'w6']) world.described(name, {})
    world.tell({ type: 'links', peers: [...watchers, 'w6'] })
    world.tell({ type: 'tick' })
    const own = writes(selfKey).at(-1)!
    world.changed('me', 1, selfKey, own)
    const deaf = [...watchers, 'w6'].find((name) => decodeSelf(own)!.watchers.includes(idOf(name)))!
    world.accuses(deaf, ['me'])
    world.run(4000)
    expect(writes(selfKey)).toHaveLength(1)
    world.run(3000)
    const after = decodeSelf(writes(selfKey).at(-1)!)!
    expect(after).toMatchObject({ incarnation: 0 })
    expect(after.watchers).toHaveLength(5)
    expect(after.watchers).not.toContain(idOf(deaf))
  })

  test('says goodbye, and beats no more', () => {
    world.described('a', {})
    world.tell({ type: 'links', peers: ['a'] })
    world.run(1000)
    const [left] = world.tell({ type: 'leave' })
    expect(decodeSelf((left as MemberAction & { type: 'set' }).value)!.isLeft).toBe(true)
    world.actions.length = 0
    world.run(3000)
    expect(world.actions.filter(({ type }) => type === 'send')).toEqual([])
  })
})

describe('a member', () => {
  beforeEach(() => {
    for (const name of watchers) world.described(name, { watchers: ['x', 'y'].map(idOf) })
    world.described('x', { watchers: watchers.map(idOf) })
    world.described('a', { watchers: watchers.map(idOf) })
    world.tell({ type: 'links', peers: watchers })
    world.tell({ type: 'tick' })
    world.actions.length = 0
  })

  test('is suspect when one of its watchers accuses it, and failed 2.5 s after most of them do', () => {
    world.accuses('w1', ['a'])
    expect(world.status('a')).toBe('suspect')
    world.run(9000)
    expect(world.status('a')).toBe('suspect')
    world.accuses('w2', ['a'])
    world.accuses('w3', ['a'])
    world.run(2000)
    expect(world.status('a')).toBe('suspect')
    world.run(1100)
    expect(world.status('a')).toBe('failed')
    expect(
      changes()
        .filter(({ peer }) => peer === 'a')
        .map(({ status }) => status),
    ).toEqual(['suspect', 'failed'])
  })

  test('is failed by fewer if nothing is heard of it for ten seconds', () => {
    world.accuses('w1', ['a'])
    world.run(9000)
    world.changed('a', 1, 'u:x', Uint8Array.of(1))
    world.run(9000)
    expect(world.status('a')).toBe('suspect')
    world.run(2000)
    expect(world.status('a')).toBe('failed')
  })

  test('is not failed by whom it has not chosen, however many they are', () => {
    for (const name of ['s1', 's2', 's3', 's4', 's5', 's6']) {
      world.described(name, { watchers: watchers.map(idOf) })
      world.accuses(name, ['a'])
    }
    world.run(5000)
    expect(world.status('a')).toBe('alive')
  })

  test('is alive again when it refutes, when they take it back, and in a new life', () => {
    const fail = (): void => {
      for (const name of watchers.slice(0, 3)) world.accuses(name, ['a'])
      world.run(3000)
      expect(world.status('a')).toBe('failed')
    }
    fail()
    world.described('a', { watchers: watchers.map(idOf), incarnation: 1 })
    expect(world.status('a')).toBe('alive')
    for (const name of watchers.slice(0, 3)) world.accuses(name, [{ name: 'a', epoch: 1, incarnation: 1 }])
    world.run(3000)
    expect(world.status('a')).toBe('failed')
    world.accuses('w1', [])
    expect(world.status('a')).toBe('suspect')
    world.described('a', { epoch: 2, watchers: watchers.map(idOf) })
    expect(world.status('a')).toBe('alive')
  })

  test('that said goodbye has left, and is not called failed later', () => {
    world.described('a', { watchers: watchers.map(idOf), isLeft: true })
    expect(world.status('a')).toBe('left')
    for (const name of watchers) world.accuses(name, ['a'])
    world.run(20_000)
    expect(world.status('a')).toBe('left')
  })

  test('of which something comes directly is not called failed, whatever others say', () => {
    for (const name of watchers) world.accuses(name, ['a'])
    world.run(5000, ['a'])
    expect(world.status('a')).toBe('suspect')
    world.run(3000)
    expect(world.status('a')).toBe('failed')
  })

  test('is judged by those of its watchers that have not failed', () => {
    // The watchers of w1 to w3 are x and y; y is not known, and x accuses them.
    world.accuses('x', ['w1', 'w2', 'w3'])
    world.accuses('w4', ['a'])
    world.run(2000)
    expect(world.status('a')).toBe('suspect')
    world.accuses('w5', ['a'])
    world.run(4000)
    expect(['w1', 'w4', 'a'].map((name) => world.status(name))).toEqual(['failed', 'alive', 'failed'])
  })

  test('none of whose watchers is alive fails when nothing is heard of it for ten seconds', () => {
    world.described('lone', { watchers: ['nobody'].map(idOf) })
    world.run(6000)
    world.changed('lone', 1, 'u:x', Uint8Array.of(1))
    world.run(8000)
    expect(world.status('lone')).toBe('alive')
    world.run(3000)
    expect(world.status('lone')).toBe('failed')
  })

  test('for which only members speak that nobody here can hear has failed after ten seconds, and is alive once they can', () => {
    world.described('b', { watchers: ['c', 'd'].map(idOf) })
    world.described('c', { watchers: ['b', 'd', 'w1'].map(idOf) })
    world.described('d', { watchers: ['b', 'c'].map(idOf) })
    const statuses = (): unknown => ['b', 'c', 'd', 'a'].map((name) => world.status(name))
    world.run(15_000)
    expect(statuses()).toEqual(['alive', 'alive', 'alive', 'alive'])
    // The only one of us that c has chosen does not hear it.
    world.accuses('w1', ['c'])
    world.run(9_000)
    expect(statuses()).toEqual(['alive', 'failed', 'alive', 'alive'])
    world.run(3_000)
    expect(statuses()).toEqual(['failed', 'failed', 'failed', 'alive'])
    world.tell({ type: 'links', peers: [...watchers, 'd'] })
    world.tell({ type: 'exchanged', peer: 'd', isAnswered: true })
    world.accuses('w1', [])
    world.run(3_000)
    expect(statuses()).toEqual(['alive', 'alive', 'alive', 'alive'])
  })

  test('has its time to refute, and to be heard, even if we were stopped meanwhile', () => {
    world.described('lone', { watchers: ['nobody'].map(idOf) })
    for (const name of watchers) world.accuses(name, ['a'])
    world.run(1000)
    world.now += 60_000
    world.tell({ type: 'tick' })
    expect([world.status('a'), world.status('lone')]).toEqual(['suspect', 'alive'])
    world.run(2000)
    expect(world.status('a')).toBe('failed')
    world.run(9000)
    expect(world.status('lone')).toBe('failed')
  })

  test('is no contact while it has failed, but one of those that rounds are tried with', () => {
    world.tell({ type: 'links', peers: ['a', 'w1'] })
    for (const name of watchers) world.accuses(name, ['a'])
    world.run(3000)
    const contacts = world.actions.findLast((action) => action.type === 'contacts')
    expect(contacts).toEqual({ type: 'contacts', live: ['w1'], dead: ['a'] })
  })

  test('that is gone for a day is forgotten, and one that is to be forgotten at once', () => {
    world.described('a', { watchers: watchers.map(idOf), isLeft: true })
    world.tell({ type: 'tick' })
    world.now += 86_400_000
    world.tell({ type: 'tick' })
    world.run(1000)
    expect(world.actions).toContainEqual({ type: 'forget', owner: keyOfName('a') })
    expect(world.membership.member('a')).toBeUndefined()
    world.tell({ type: 'forget', owner: keyOfName('x') })
    expect(world.membership.member('x')).toBeUndefined()
  })
})
