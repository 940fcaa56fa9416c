import { describe, expect, test } from 'vitest'
import { encodeBody, encodeEnvelope, type EnvelopeBody } from '../src/envelope.ts'
import type { Message } from '../src/event.ts'
import { sha256 } from '../src/id.ts'
import { alice, junkSignature, rulesOf, signature, text, wall } from './machine-world.ts'
import { run, StoreNode } from './store-world.ts'

const second = 1_000_000
const minute = 60 * second

function envelope(payload: string, fields: Partial<EnvelopeBody> = {}, signedWith = signature): Uint8Array {
  const head = { author: alice, epoch: 1, sequence: 1, time: wall - minute, parents: [] }
  return encodeEnvelope(encodeBody({ ...head, messages: [text(payload)], ...fields }), signedWith)
}

/** Two nodes, of which the first has these messages. */
function pairWith(envelopes: readonly Uint8Array[], options: ConstructorParameters<typeof StoreNode>[1] = {}) {
  const [full, other] = [new StoreNode(1), new StoreNode(2, options)]
  StoreNode.link(full, other)
  for (const bytes of envelopes) full.receive(bytes)
  run([full, other])
  return { full, other }
}

const isBad = ({ payload }: Message): boolean => payload[0] === text('bad')[0]
const choosy = (message: Message) => ({ verdict: isBad(message) ? 'reject' : 'accept' }) as const
const textsOf = ({ delivered }: StoreNode): string[] => delivered.map(({ payload }) => Buffer.from(payload).toString())

describe('a message that this node does not want', () => {
  const envelopes = [
    envelope('good', { sequence: 1 }),
    envelope('bad 1', { sequence: 2 }),
    envelope('bad 2', { sequence: 3 }),
  ]

  test('is fetched once, then left out of sessions, and counts as refused on both sides', () => {
    const { full, other } = pairWith(envelopes, { judge: choosy })
    const first = other.compare(full, 'sync')
    expect(first).toMatchObject({ reason: 'done', fetched: 3, refused: 2 })
    expect(textsOf(other)).toEqual(['good'])
    const again = other.compare(full, 'sync')
    expect(again).toMatchObject({ reason: 'done', fetched: 0, report: { lackedByUs: { missing: 0, refused: 2 } } })
    expect(other.compare(full, 'verify').report).toMatchObject({
      equal: false,
      own: { count: 1 },
      peer: { count: 3 },
      lackedByUs: { missing: 0, refused: 2 },
      lackedByPeer: { missing: 0, refused: 0 },
    })
    expect(full.compare(other, 'verify').report).toMatchObject({
      equal: false,
      lackedByUs: { missing: 0, refused: 0 },
      lackedByPeer: { missing: 0, refused: 2 },
    })
    // The side that has it does not send it again either, when it opens the session.
    expect(full.compare(other, 'sync').report).toMatchObject({ lackedByPeer: { missing: 2 } })
    expect(other.decisions.filter((reason) => reason === 'rule-rejected')).toHaveLength(2)
    expect(other.machine.summary('t', 0, wall).refused).toEqual({ 'rule-rejected': 2 })
    expect(other.machine.snapshot().refused).toBe(2)
  })

  test('is asked for again under other rules', () => {
    const { full, other } = pairWith(envelopes, { judge: choosy })
    other.compare(full, 'sync')
    other.push({ type: 'hold', rules: rulesOf('t', { delivery: 'lossless' }) })
    expect(other.compare(full, 'sync')).toMatchObject({ fetched: 2, refused: 0 })
    expect(textsOf(other).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['bad 1', 'bad 2', 'good'])
    expect(other.machine.snapshot().refused).toBe(0)
    expect(other.compare(full, 'verify').report).toMatchObject({ equal: true })
  })

  test('is refused message by message, where a validator ignores some of a batch', () => {
    const batch = envelope('', { messages: ['good', 'bad', 'fine'].map(text) })
    const ignore = (message: Message) => ({ verdict: isBad(message) ? 'ignore' : 'accept' }) as const
    const { full, other } = pairWith([batch], { judge: ignore })
    other.compare(full, 'sync')
    expect(textsOf(other)).toEqual(['good', 'fine'])
    expect(other.compare(full, 'sync')).toMatchObject({ fetched: 0, report: { lackedByUs: { refused: 1 } } })
  })
})

test.each([
  ['a validator that failed', { judge: () => ({ verdict: 'ignore', failed: 'error' }) as const }, 'validator-failed'],
  ['too much under check', { pendingBytesPerPeerMax: 1 }, 'overloaded'],
])('%s is our own failure: the message is not refused, and comes in the next session', (_, options, reason) => {
  const { full, other } = pairWith([envelope('a')], options)
  expect(other.compare(full, 'sync')).toMatchObject({ fetched: 1, refused: 1 })
  expect(other.decisions).toEqual([reason])
  expect(other.machine.snapshot().refused).toBe(0)
  expect(other.compare(full, 'sync')).toMatchObject({ fetched: 1 })
})

test('a bad signature says nothing of the message: from a peer with the good one it is taken', () => {
  const { full, other } = pairWith([envelope('a')])
  const liar = new StoreNode(3)
  StoreNode.link(liar, other)
  // It checks nothing, and keeps the message under a signature that is not its author's.
  liar.receive(envelope('a', {}, new Uint8Array(64).fill(7)))
  run([liar])
  liar.disk[0] = { ...liar.disk[0]!, bytes: envelope('a', {}, junkSignature) }
  expect(other.compare(liar, 'sync')).toMatchObject({ refused: 1 })
  expect(other.decisions).toEqual(['bad-signature'])
  expect(other.compare(full, 'sync')).toMatchObject({ fetched: 1, refused: 0 })
  expect(textsOf(other)).toEqual(['a'])
})

test('on a topic with content ids a bad payload under the id of a good one keeps out nothing but itself', () => {
  // The id is the first letter: a custom rule need not bind all of the payload.
  const rules = { contentId: (payload: Uint8Array) => sha256(payload.slice(0, 1)) }
  const check = (payload: Uint8Array) => (payload.length > 1 ? 'too long' : undefined)
  const [liar, full] = [new StoreNode(1, { rules }), new StoreNode(3, { rules })]
  const other = new StoreNode(2, { rules: { ...rules, check } })
  StoreNode.link(liar, other)
  StoreNode.link(full, other)
  liar.receive(envelope('ab'))
  full.receive(envelope('a'))
  run([liar, full])
  expect(other.compare(liar, 'sync')).toMatchObject({ fetched: 1, refused: 1 })
  expect(other.compare(liar, 'sync')).toMatchObject({ fetched: 0 })
  expect(other.compare(full, 'sync')).toMatchObject({ fetched: 1, refused: 0 })
  expect(textsOf(other)).toEqual(['a'])
})
