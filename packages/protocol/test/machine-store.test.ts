import { expect, test } from 'vitest'
import type { Action } from '../src/event.ts'
import { Machine } from '../src/machine.ts'
import { KeyList } from '../src/reconcile/key.ts'
import { messagesOf } from '../src/store/unpack.ts'
import { sha256 } from '../src/id.ts'
import {
  accept,
  alice,
  machineWith,
  networkId,
  only,
  publish,
  received,
  rulesOf,
  self,
  signature,
  summary,
  wall,
  wallMs,
} from './machine-world.ts'

const lossless = { delivery: 'lossless' } as const

/** What the disk is asked to keep. */
const storeOf = (actions: readonly Action[]): Action & { type: 'store' } => only(actions, 'store')

const stored = (machine: Machine, actions: readonly Action[], arrival = 1): readonly Action[] =>
  machine.handle({ type: 'stored', ref: storeOf(actions).ref, arrival }, 2)

/** Publishes one message up to the disk. */
function publishTo(machine: Machine, ref: number, payload: string): readonly Action[] {
  const [sign] = machine.handle(publish(ref, payload), 1)
  return sign?.type === 'sign' ? machine.handle({ type: 'signed', ref: sign.ref, signature }, 1) : []
}

test('a message is relayed at once, and delivered once it is on disk', () => {
  const machine = machineWith(lossless)
  const actions = accept(machine, received(['a', 'b']))
  expect(summary(actions)).toEqual(['verify', 'verdict accept valid', 'store'])
  const delivered = only(stored(machine, actions, 7), 'deliver').messages
  expect(delivered.map(({ arrival, via }) => [arrival, via])).toEqual([
    [7, undefined],
    [8, undefined],
  ])
  const steps = machine.why(delivered[0]!.id)?.steps.map(({ what }) => what)
  expect(steps).toEqual(['received', 'verdict', 'stored', 'delivered'])
})

test('what the disk keeps gives the same messages again, and nothing if a byte differs', () => {
  const machine = machineWith(lossless)
  const actions = accept(machine, received(['a', 'b']))
  const { record } = storeOf(actions)
  const context = { networkId, sha256 }
  const live = only(stored(machine, actions, 7), 'deliver').messages
  const again = messagesOf({ ...record, arrival: 7 }, context)
  expect(again).toEqual(live.map((message) => ({ ...message, via: 'history' })))
  for (let at = 0; at < record.bytes.length - 64; at += 7) {
    const bytes = record.bytes.slice()
    bytes[at]! ^= 1
    const messages = messagesOf({ ...record, bytes, arrival: 7 }, context)
    // What stands outside the signed bytes, the topic of the checksum, is only the frame of the envelope.
    expect(messages === undefined || at < 5).toBe(true)
  }
})

test('a copy is known while its message is on the way to disk, and after it was let go', () => {
  const machine = machineWith(lossless)
  const actions = accept(machine, received(['a']))
  const copy = received(['a'], { signature: new Uint8Array(64).fill(4) })
  expect(summary(machine.handle(copy, 2))).toEqual(['verdict ignore duplicate'])
  stored(machine, actions)
  expect(summary(machine.handle(copy, 2))).toEqual(['verdict ignore duplicate'])
  machine.handle({ type: 'floor', topic: 't', time: wall + 1 }, 3)
  expect(summary(machine.handle(copy, 3))).toEqual(['verdict ignore expired'])
})

test('what was held before a restart is known after it, and what is damaged can come again', () => {
  const first = machineWith(lossless)
  const { record } = storeOf(accept(first, received(['a'])))
  const machine = machineWith(lossless)
  const keys = KeyList.of(Float64Array.of(record.keyTime), record.keys)
  machine.handle({ type: 'restored', topic: 't', keys }, 0)
  expect(summary(accept(machine, received(['a'])))).toEqual(['verdict ignore duplicate'])
  machine.handle({ type: 'lost', topic: 't', keys }, 1)
  expect(summary(accept(machine, received(['a'])))).toEqual(['verify', 'verdict accept valid', 'store'])
})

test('a message that the disk refuses is not delivered, and is taken when it comes again', () => {
  const machine = machineWith(lossless)
  const { ref } = storeOf(accept(machine, received(['a'])))
  expect(machine.handle({ type: 'stored', ref, failure: 'disk', detail: 'full' }, 2)).toEqual([])
  expect(machine.snapshot()).toMatchObject({ held: 0, storingBytes: 0 })
  expect(summary(accept(machine, received(['a']), 3))).toContain('store')
})

test('when the disk is too slow, messages of others are relayed but not kept, and ours still are', () => {
  const machine = machineWith(lossless, { storeBytesMax: 2_000 })
  const all = ['a', 'b', 'c', 'd'].map((text, index) =>
    summary(accept(machine, received([text], { sequence: index + 1 }))),
  )
  expect(all.every((actions) => actions.includes('verdict accept valid'))).toBe(true)
  expect(all.filter((actions) => actions.includes('store')).length).toBe(3)
  expect(summary(publishTo(machine, 1, 'mine'))).toEqual(['store'])
})

test('a message of one author can expire without those of another', () => {
  const machine = machineWith(lossless)
  machine.handle({ type: 'floor', topic: 't', time: wall + 1, author: alice }, 0)
  expect(summary(accept(machine, received(['a'])))).toEqual(['verdict ignore expired'])
  expect(summary(accept(machine, received(['a'], { author: new Uint8Array(32).fill(8) })))).toContain('store')
})

test('a publish is on disk before anybody hears of it', () => {
  const machine = machineWith(lossless)
  const actions = publishTo(machine, 1, 'a')
  expect(summary(actions)).toEqual(['store'])
  const after = stored(machine, actions, 3)
  expect(summary(after)).toEqual(['deliver a', 'gossip'])
  const { ref } = only(after, 'gossip')
  expect(summary(machine.handle({ type: 'gossiped', ref, peers: 2 }, 3))).toEqual(['published 1 2 peers'])
})

test('a publish that the disk refuses is refused, its number is used again, and the next one goes on', () => {
  const machine = machineWith(lossless)
  const { ref } = storeOf(publishTo(machine, 1, 'a'))
  machine.handle(publish(2, 'b'), 1)
  const actions = machine.handle({ type: 'stored', ref, failure: 'disk', detail: 'full' }, 2)
  expect(summary(actions)).toEqual(['refused 1 disk', 'sign'])
  const next = machine.handle({ type: 'signed', ref: only(actions, 'sign').ref, signature }, 2)
  expect(storeOf(next).record.sequence).toBe(1)
})

test('content is known on a lossless topic by its id alone, whoever says it and when', () => {
  const contentId = (payload: Uint8Array): Uint8Array => sha256(payload)
  const machine = machineWith({ ...lossless, contentId })
  const accepted = accept(machine, received(['a']))
  expect(storeOf(accepted).record).toMatchObject({ keyTime: 0, ids: sha256(Uint8Array.of(97)) })
  stored(machine, accepted)
  expect(summary(accept(machine, received(['a'], { author: new Uint8Array(32).fill(8), time: wall + 5 }), 2))).toEqual([
    'verdict ignore duplicate',
  ])
  expect(summary(machine.handle(publish(1, 'a'), 2))).toEqual(['published 1 duplicate'])
  // Floors do not touch keys without a time: they are let go one by one.
  machine.handle({ type: 'floor', topic: 't', time: wall + 1, byContent: true }, 2)
  expect(machine.snapshot().held).toBe(1)
})

test('a floor that is known before the topic is held cuts keys by their time, but not those that have none', () => {
  const keys = KeyList.of(Float64Array.of(0), new Uint8Array(16).fill(9))
  for (const [byContent, held] of [
    [true, 1],
    [false, 0],
  ] as const) {
    const machine = new Machine({ networkId, author: self, epoch: wallMs, salt: 5 })
    machine.handle({ type: 'restored', topic: 't', keys }, 0)
    machine.handle({ type: 'floor', topic: 't', time: wall }, 0)
    expect(machine.snapshot().held).toBe(1)
    const contentId = (payload: Uint8Array): Uint8Array => sha256(payload)
    machine.handle({ type: 'hold', rules: rulesOf('t', { ...lossless, ...(byContent && { contentId }) }) }, 0)
    expect(machine.snapshot().held).toBe(held)
    machine.handle({ type: 'floor', topic: 't', time: wall + 1 }, 0)
    expect(machine.snapshot().held).toBe(held)
  }
})

test('what a store of a peer gave is checked like live traffic, without gossip and without the pace of its author', () => {
  const machine = machineWith({ ...lossless, authorRateMax: 1 })
  const fetched = (text: string, sequence: number): readonly Action[] => {
    const { bytes } = received([text], { sequence })
    const [verify] = machine.handle({ type: 'fetched', ref: sequence, topic: 't', from: 'peer', bytes, wall }, 2)
    return machine.handle({ type: 'verified', ref: only([verify!], 'verify').ref, valid: text !== 'forged' }, 2)
  }
  for (let sequence = 1; sequence <= 5; sequence++) {
    const actions = fetched(`m${sequence}`, sequence)
    expect(only(actions, 'ingested')).toMatchObject({ ref: sequence, from: 'peer', decision: { reason: 'valid' } })
    expect(only(stored(machine, actions, sequence), 'deliver').messages[0]).toMatchObject({ via: 'history' })
  }
  expect(only(fetched('forged', 6), 'ingested').decision).toMatchObject({ verdict: 'reject', reason: 'bad-signature' })
})

test('the same content again is answered once it is on disk, and sent by itself if the disk refuses the first', () => {
  const contentId = (payload: Uint8Array): Uint8Array => sha256(payload)
  const machine = machineWith({ ...lossless, contentId })
  const sign = only(machine.handle(publish(1, 'a'), 1), 'sign')
  expect(machine.handle(publish(2, 'a'), 1)).toEqual([])
  const store = storeOf(machine.handle({ type: 'signed', ref: sign.ref, signature }, 1))
  expect(machine.handle(publish(3, 'a'), 1)).toEqual([])
  const failed = machine.handle({ type: 'stored', ref: store.ref, failure: 'disk' }, 2)
  expect(summary(failed)).toEqual(['refused 1 disk', 'sign'])
  const again = machine.handle({ type: 'signed', ref: only(failed, 'sign').ref, signature }, 2)
  expect(summary(machine.handle({ type: 'stored', ref: storeOf(again).ref, arrival: 1 }, 3))).toEqual([
    'deliver a',
    'gossip',
    'published 3 duplicate',
  ])
  expect(summary(machine.handle(publish(4, 'a'), 4))).toEqual(['published 4 duplicate'])
})

test('content of others that is on its way to disk is no reason to say that it is kept', () => {
  const contentId = (payload: Uint8Array): Uint8Array => sha256(payload)
  const machine = machineWith({ ...lossless, contentId })
  const actions = accept(machine, received(['a']))
  expect(machine.handle(publish(1, 'a'), 1)).toEqual([])
  expect(summary(stored(machine, actions))).toEqual(['deliver a', 'published 1 duplicate'])
  const next = accept(machine, received(['b'], { sequence: 2 }), 2)
  expect(machine.handle(publish(2, 'b'), 2)).toEqual([])
  expect(summary(machine.handle({ type: 'release', topic: 't' }, 2))).toEqual(['refused 2 not-held'])
  expect(summary(stored(machine, next))).toEqual(['deliver b'])
})

test('several messages in one envelope are ignored where ids come from content, since a record has one', () => {
  const contentId = (payload: Uint8Array): Uint8Array => sha256(payload)
  const machine = machineWith({ ...lossless, contentId })
  expect(summary(accept(machine, received(['a', 'b'])))).toEqual(['verdict ignore other-definition'])
})

test('a message that is larger than all room for what waits is kept when nothing else waits', () => {
  const machine = machineWith(lossless, { storeBytesMax: 100 })
  expect(summary(accept(machine, received(['a'])))).toContain('store')
  expect(summary(accept(machine, received(['b'], { sequence: 2 })))).not.toContain('store')
})

test('what we said in an earlier life comes back from a peer, also if our clock was set back since', () => {
  const machine = machineWith(lossless)
  const { bytes } = received(['a'], { author: self, epoch: wallMs - 5_000, time: wall + 40_000_000 })
  const [verify] = machine.handle({ type: 'fetched', ref: 1, topic: 't', from: 'peer', bytes, wall }, 1)
  const actions = machine.handle({ type: 'verified', ref: only([verify!], 'verify').ref, valid: true }, 1)
  expect(only(actions, 'ingested').decision).toMatchObject({ verdict: 'accept' })
})

test('what a validator looks at is not looked at again when a peer gives it from its store, until that has an end', () => {
  const machine = machineWith({ ...lossless, judged: true })
  const live = received(['a'])
  const { ref } = only(accept(machine, live), 'judge')
  const fetched = (sequence: number): readonly Action[] =>
    machine.handle({ type: 'fetched', ref: sequence, topic: 't', from: 'peer', bytes: live.bytes, wall }, 2)
  expect(only(fetched(1), 'ingested').decision).toMatchObject({ verdict: 'defer', reason: 'deferred' })
  machine.handle({ type: 'judged', ref, judgements: [{ verdict: 'ignore' }] }, 2)
  const { ref: again } = only(fetched(2), 'verify')
  const judge = only(machine.handle({ type: 'verified', ref: again, valid: true }, 2), 'judge')
  const actions = machine.handle({ type: 'judged', ref: judge.ref, judgements: [{ verdict: 'accept' }] }, 2)
  expect(only(stored(machine, actions, 1), 'deliver').messages).toHaveLength(1)
})
