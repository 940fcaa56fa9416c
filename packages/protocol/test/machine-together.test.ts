import { expect, test } from 'vitest'
import type { Action } from '../src/event.ts'
import { sha256 } from '../src/id.ts'
import type { Machine } from '../src/machine.ts'
import { contentIdsOf } from '../src/store/record.ts'
import { messagesOf } from '../src/store/unpack.ts'
import { accept, machineWith, networkId, only, publish, received, signature, summary, text } from './machine-world.ts'

const together = { contentId: (payload: Uint8Array): Uint8Array => payload, isShared: true } as const
const kept = { ...together, delivery: 'lossless' } as const

/** The signature of an envelope of ours is there. */
const signed = (machine: Machine, actions: readonly Action[]): readonly Action[] =>
  machine.handle({ type: 'signed', ref: only(actions, 'sign').ref, signature }, 1)

/** It has left. */
const left = (machine: Machine, actions: readonly Action[]): readonly Action[] =>
  machine.handle({ type: 'gossiped', ref: only(actions, 'gossip').ref, peers: 2 }, 1)

test('judged messages with ids from content that gather while an envelope is on its way share the next one', () => {
  const machine = machineWith({ ...together, judged: true })
  const [first, ...others] = ['a', 'b', 'c'].map((payload, at) => {
    const { ref } = only(machine.handle(publish(at, payload), 1), 'judge')
    return machine.handle({ type: 'judged', ref, judgements: [{ verdict: 'accept' }] }, 1)
  })
  expect(others).toEqual([[], []])
  const next = left(machine, signed(machine, first!))
  expect(summary(next)).toEqual(['published 0 2 peers', 'sign'])
  const second = signed(machine, next)
  expect(summary(second)).toEqual(['gossip', 'deliver b,c'])
  expect(summary(left(machine, second))).toEqual(['published 1 2 peers', 'published 2 2 peers'])
})

test('content that is said twice, or comes from a peer meanwhile, travels once', () => {
  const machine = machineWith(together)
  const first = machine.handle(publish(0, 'a'), 1)
  for (const [at, payload] of ['b', 'b', 'c', 'd'].entries()) machine.handle(publish(at + 1, payload), 1)
  accept(machine, received(['c']))
  const second = left(machine, signed(machine, first))
  expect(summary(second)).toEqual(['published 0 2 peers', 'sign'])
  const third = signed(machine, second)
  expect(summary(third)).toEqual(['gossip', 'deliver b'])
  const fourth = left(machine, third)
  expect(summary(fourth)).toEqual(['published 1 2 peers', 'published 2 duplicate', 'published 3 duplicate', 'sign'])
  expect(summary(signed(machine, fourth))).toEqual(['gossip', 'deliver d'])
})

test('ids of several lengths do not share an envelope', () => {
  const machine = machineWith(kept)
  const first = machine.handle(publish(0, 'a'), 1)
  for (const [at, payload] of ['b', 'c', 'dd'].entries()) machine.handle(publish(at + 1, payload), 1)
  const gossiped = keep(machine, signed(machine, first), 1)
  const { record } = only(signed(machine, left(machine, gossiped)), 'store')
  expect(contentIdsOf(record)).toEqual([text('b'), text('c')])
})

test('a record has the ids of all its messages, and gives them again', () => {
  const machine = machineWith(kept)
  const actions = accept(machine, received(['aa', 'bb', 'cc']))
  expect(summary(actions)).toEqual(['verify', 'verdict accept valid', 'store'])
  const { record } = only(actions, 'store')
  const { messages } = only(keep(machine, actions, 7), 'deliver')
  expect(messages.map(({ id, arrival }) => [id, arrival])).toEqual([
    [text('aa'), 7],
    [text('bb'), 8],
    [text('cc'), 9],
  ])
  const again = messagesOf({ ...record, arrival: 7 }, { networkId, sha256 })
  expect(again).toEqual(messages.map((message) => ({ ...message, via: 'history' })))
  expect(messages.map(({ id }) => machine.why(id)?.sequence)).toEqual([1, 2, 3])
})

test('what another envelope brought is neither kept nor delivered again', () => {
  const machine = machineWith(kept)
  keep(machine, accept(machine, received(['bb'])), 1)
  const actions = accept(machine, received(['aa', 'bb', 'cc'], { sequence: 5 }))
  const { record } = only(actions, 'store')
  expect([contentIdsOf(record), record.kept]).toEqual([
    [text('aa'), text('cc')],
    [0, 2],
  ])
  expect(summary(keep(machine, actions, 2))).toEqual(['deliver aa,cc'])
  const { ref } = only(accept(machine, received(['dd', 'ee'], { sequence: 8 })), 'store')
  // The disk had one of them all the same.
  expect(summary(machine.handle({ type: 'stored', ref, arrival: 4, fresh: [1] }, 1))).toEqual(['deliver ee'])
})

test('who does not know that messages travel together blames nobody, nor does who gets ids of several lengths', () => {
  const { isShared: _, ...alone } = kept
  const other = ['verdict ignore other-definition']
  expect(summary(machineWith(alone).handle(received(['a', 'b']), 1))).toEqual(other)
  expect(summary(machineWith(kept).handle(received(['a', 'bb']), 1))).toEqual(other)
})

/** It is on disk. */
function keep(machine: Machine, actions: readonly Action[], arrival: number): readonly Action[] {
  return machine.handle({ type: 'stored', ref: only(actions, 'store').ref, arrival }, 1)
}
