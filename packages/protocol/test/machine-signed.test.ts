import { describe, expect, test } from 'vitest'
import type { Event } from '../src/event.ts'
import { sha256 } from '../src/id.ts'
import { Machine } from '../src/machine.ts'
import type { TopicRules } from '../src/topic.ts'
import { alice, networkId, only, publish, rulesOf, self, settle, summary, text, wall, wallMs } from './machine-world.ts'

const rules = { format: 'signed', wireName: 't' } as const
const largest = 2n ** 64n - 1n
/** The gossip id of an author and a number, as another implementation makes it; here of author bytes. */
const idOf = (author: Uint8Array, seqno: bigint): string =>
  Buffer.from(author).toString('hex') + seqno.toString(16).padStart(16, '0')
const messageIdOf = (gossipId: string): Uint8Array => sha256(new Uint8Array(Buffer.from(gossipId, 'hex')))

function came(payload: string, seqno: bigint, author = alice, from = 'peer'): Event & { type: 'received' } {
  const signed = { author, seqno }
  return { type: 'received', topic: 't', from, gossipId: idOf(author, seqno), bytes: text(payload), wall, signed }
}

/** A machine with one topic, `t`, of a network in which gossip signs. */
function machine(more: Partial<TopicRules> = {}): Machine {
  const made = new Machine({ networkId, author: self, epoch: wallMs, salt: 5 })
  made.handle({ type: 'hold', rules: rulesOf('t', { ...rules, ...more }) }, 0)
  return made
}

describe('a message that gossip has checked', () => {
  test('is accepted and delivered without a check of ours, with author and number, at its time of arrival', () => {
    const node = machine()
    const actions = node.handle(came('hello', largest), 1)
    expect(summary(actions)).toEqual(['verdict accept valid', 'deliver hello'])
    const id = messageIdOf(idOf(alice, largest))
    expect(only(actions, 'deliver').messages).toEqual([
      {
        id,
        topic: 't',
        author: alice,
        from: 'peer',
        epoch: 0,
        sequence: 0,
        seqno: largest,
        time: wall,
        payload: text('hello'),
      },
    ])
    expect(node.why(id)).toMatchObject({ author: alice, seqno: largest, gossipId: idOf(alice, largest), time: wall })
  })

  test('may have an author whose key is not Ed25519', () => {
    const author = Uint8Array.of(0x12, 0x20, ...new Uint8Array(32).fill(9))
    expect(only(machine().handle(came('x', 1n, author), 1), 'deliver').messages[0]).toMatchObject({ author, seqno: 1n })
  })

  test('that is known is a duplicate, also when gossip has forgotten it; another number is another message', () => {
    const node = machine()
    node.handle(came('same', 1n), 1)
    expect(summary(node.handle(came('same', 1n, alice, 'other'), 2))).toEqual(['verdict ignore duplicate'])
    expect(summary(node.handle(came('same', 2n), 3))).toEqual(['verdict accept valid', 'deliver same'])
  })

  test('counts once where the topic names messages by their content', () => {
    const node = machine({ contentId: (payload) => sha256(payload) })
    node.handle(came('same', 1n), 1)
    expect(summary(node.handle(came('same', 2n), 2))).toEqual(['verdict ignore duplicate'])
  })

  test('that breaks our rules is ignored, for nobody there knows them', () => {
    const node = machine({
      messageBytesMax: 4,
      check: (payload) => (payload[0] === 0x21 ? 'begins with !' : undefined),
    })
    expect(summary(node.handle(came('longer', 1n), 1))).toEqual(['verdict ignore other-definition'])
    expect(summary(node.handle(came('!', 2n), 1))).toEqual(['verdict ignore other-definition'])
  })

  test('is rejected where a validator says so', () => {
    const node = machine({ judged: true })
    const { ref } = only(node.handle(came('bad', 1n), 1), 'judge')
    const actions = node.handle({ type: 'judged', ref, judgements: [{ verdict: 'reject' }] }, 2)
    expect(summary(actions)).toEqual(['verdict reject rule-rejected'])
  })

  test('is not taken if gossip says nothing of an author', () => {
    const { signed: _, ...unsigned } = came('x', 1n)
    expect(summary(machine().handle(unsigned, 1))).toEqual(['verdict reject bad-encoding'])
  })

  test('under our key is from an earlier life, or else from another node with our identity', () => {
    const start = BigInt(wallMs) * 1_000_000n
    const node = machine()
    expect(summary(node.handle(came('before', start - 1n, self), 1))).toEqual([
      'verdict accept valid',
      'deliver before',
    ])
    expect(summary(node.handle(came('not ours', start + 1n, self), 2))).toEqual([
      'impersonated',
      'verdict ignore foreign',
    ])
  })
})

describe('a publish that gossip signs', () => {
  test('gets its id and number from gossip before it is sent, and is delivered then', () => {
    const node = machine()
    const first = node.handle(publish(11, 'hello'), 1)
    const { ref } = only(first, 'gossipSigned')
    expect(first).toEqual([{ type: 'gossipSigned', ref, topic: 't', bytes: text('hello') }])
    const gossipId = idOf(self, largest)
    const id = messageIdOf(gossipId)
    expect(node.handle({ type: 'named', ref, gossipId, seqno: largest }, 2)).toEqual([
      {
        type: 'deliver',
        messages: [
          { id, topic: 't', author: self, epoch: 0, sequence: 0, seqno: largest, time: wall, payload: text('hello') },
        ],
      },
    ])
    node.handle({ type: 'sent', gossipId, to: 'peer' }, 3)
    expect(node.handle({ type: 'gossiped', ref, peers: 1 }, 4)).toEqual([
      { type: 'published', ref: 11, id, peers: 1, duplicate: false },
    ])
    expect(node.why(id)?.steps.map(({ what }) => what)).toEqual(['published', 'delivered', 'sent'])
    // It comes back.
    expect(summary(node.handle(came('hello', largest, self), 5))).toEqual(['verdict ignore duplicate'])
  })

  test('is a message of its own, whatever waits beside it', () => {
    const node = machine()
    const actions = [1, 2, 3].flatMap((ref) => node.handle(publish(ref, `${ref}`), 1))
    expect(summary(actions)).toEqual(['gossipSigned', 'gossipSigned', 'gossipSigned'])
  })

  test('is refused if gossip could not sign it', () => {
    const node = machine()
    const { ref } = only(node.handle(publish(1, 'x'), 1), 'gossipSigned')
    expect(summary(node.handle({ type: 'gossiped', ref, peers: 0 }, 2))).toEqual(['refused 1 rejected'])
  })

  test('leaves once where the topic names messages by their content', () => {
    const node = machine({ contentId: (payload) => sha256(payload) })
    expect(summary(node.handle(publish(1, 'same'), 1))).toEqual(['gossipSigned'])
    expect(summary(settle(node, publish(2, 'same')))).toEqual(['published 2 duplicate'])
  })
})
