import { expect, test } from 'vitest'
import { decodeEnvelope } from '../src/envelope.ts'
import type { Action, Event } from '../src/event.ts'
import { accept, machineWith, only, publish, received, settle, signature, summary } from './machine-world.ts'

const parents = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
const child = (ref: number, payload: string): Event => ({ ...publish(ref, payload), parents }) as Event

const bodiesOf = (actions: readonly Action[]): unknown[] =>
  actions
    .filter((action) => action.type === 'gossip')
    .map(({ bytes }) => {
      const decoded = decodeEnvelope(bytes)
      if (!decoded.ok) throw new Error(decoded.detail)
      const { sequence, messages, parents: named } = decoded.envelope.body
      return [sequence, messages.map((payload) => new TextDecoder().decode(payload)).join(), named.length]
    })

test('a message with parents travels in an envelope of its own', () => {
  const machine = machineWith()
  const first = only(machine.handle(publish(1, 'a'), 1), 'sign')
  for (const [index, event] of [publish(2, 'b'), child(3, 'c'), child(4, 'd'), publish(5, 'e')].entries())
    machine.handle(event, 1 + index)
  const actions = settle(machine, { type: 'signed', ref: first.ref, signature }, { now: 9 })
  expect(bodiesOf(actions)).toEqual([
    [1, 'a', 0],
    [2, 'b', 0],
    [3, 'c', 2],
    [4, 'd', 2],
    [5, 'e', 0],
  ])
  const delivered = actions.filter((action) => action.type === 'deliver').flatMap(({ messages }) => messages)
  expect(delivered.map((message) => message.parents)).toEqual([undefined, undefined, parents, parents, undefined])
})

test('parents of others reach the readers', () => {
  const [message] = only(accept(machineWith(), received(['a'], { parents })), 'deliver').messages
  expect(message!.parents).toEqual(parents)
})

test('a message that does not fit beside its parents is refused, and so are parents of raw messages', () => {
  const roomy = machineWith({ messageBytesMax: 59_829 })
  const event = { ...publish(1, new Uint8Array(59_829)), parents } as Event
  expect(summary(roomy.handle(event, 1))).toEqual(['refused 1 oversize'])
  const raw = machineWith({ format: 'raw', contentId: () => new Uint8Array(32) })
  expect(summary(raw.handle(child(1, 'a'), 1))).toEqual(['refused 1 rejected'])
})
