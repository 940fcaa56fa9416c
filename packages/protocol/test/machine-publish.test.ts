import { describe, expect, test } from 'vitest'
import { decodeEnvelope, signedBytes } from '../src/envelope.ts'
import type { Action } from '../src/event.ts'
import { gossipId, messageIds, sha256 } from '../src/id.ts'
import { toHex } from '../src/bytes.ts'
import type { Machine } from '../src/machine.ts'
import {
  accept,
  machineWith,
  networkId,
  only,
  publish,
  received,
  rulesOf,
  self,
  settle,
  signature,
  summary,
  text,
  wall,
  wallMs,
} from './machine-world.ts'

function bodyOf(action: Action & { type: 'gossip' }) {
  const decoded = decodeEnvelope(action.bytes)
  if (!decoded.ok) throw new Error(decoded.detail)
  return decoded.envelope.body
}

const sign = (machine: Machine, action: Action & { type: 'sign' }): readonly Action[] =>
  machine.handle({ type: 'signed', ref: action.ref, signature }, 3)

describe('a publish', () => {
  test('leaves at once when nothing is on its way, and is done when gossip has it', () => {
    const machine = machineWith()
    const first = machine.handle(publish(11, 'hello'), 1)
    expect(summary(first)).toEqual(['sign'])
    const second = sign(machine, only(first, 'sign'))
    const gossip = only(second, 'gossip')
    const body = bodyOf(gossip)
    expect(body).toMatchObject({ author: self, epoch: wallMs, sequence: 1, time: wall, messages: [text('hello')] })
    const decoded = decodeEnvelope(gossip.bytes)
    const [id] = messageIds(sha256, signedBytes(networkId, 't', decoded.ok ? decoded.envelope.bodyBytes : text('')), 1)
    const { wireName } = rulesOf('t')
    expect(second).toEqual([
      {
        type: 'gossip',
        ref: only(first, 'sign').ref,
        topic: wireName,
        gossipId: toHex(gossipId(sha256, wireName, gossip.bytes)),
        bytes: gossip.bytes,
      },
      {
        type: 'deliver',
        messages: [{ id, topic: 't', author: self, epoch: wallMs, sequence: 1, time: wall, payload: text('hello') }],
      },
    ])
    expect(machine.handle({ type: 'gossiped', ref: gossip.ref, peers: 3 }, 3)).toEqual([
      { type: 'published', ref: 11, id, peers: 3, duplicate: false },
    ])
    expect(machine.why(id!)?.steps.map(({ what }) => what)).toEqual(['published', 'delivered'])
  })

  test('waits while a batch is on its way, and what gathered leaves in one envelope', () => {
    const machine = machineWith()
    const first = machine.handle(publish(1, 'a'), 1)
    for (const ref of [2, 3, 4]) expect(machine.handle(publish(ref, `m${ref}`), 1)).toEqual([])
    const gossip = only(sign(machine, only(first, 'sign')), 'gossip')
    const next = machine.handle({ type: 'gossiped', ref: gossip.ref, peers: 1 }, 3)
    expect(summary(next)).toEqual(['published 1 1 peers', 'sign'])
    const second = only(sign(machine, only(next, 'sign')), 'gossip')
    expect(bodyOf(second)).toMatchObject({ sequence: 2, messages: [text('m2'), text('m3'), text('m4')] })
    expect(summary(machine.handle({ type: 'gossiped', ref: second.ref, peers: 0 }, 3))).toEqual([
      'published 2 0 peers',
      'published 3 0 peers',
      'published 4 0 peers',
    ])
  })

  test('has its own envelope with batchMax 1', () => {
    const machine = machineWith({}, { batchMax: 1 })
    const bodies = [1, 2, 3].flatMap((ref) => settle(machine, publish(ref, `m${ref}`)))
    expect(bodies.filter(({ type }) => type === 'gossip')).toHaveLength(3)
  })

  test('never lets an envelope grow over its limit', () => {
    const machine = machineWith({ messageBytesMax: 50_000 })
    const first = machine.handle(publish(1, 'a'), 1)
    for (let ref = 2; ref < 8; ref++) machine.handle(publish(ref, new Uint8Array(25_000)), 1)
    const actions: Action[] = []
    let gossip = only(sign(machine, only(first, 'sign')), 'gossip')
    for (;;) {
      const next = machine.handle({ type: 'gossiped', ref: gossip.ref, peers: 1 }, 3)
      actions.push(...next)
      const signs = next.filter((action) => action.type === 'sign')
      if (signs.length === 0) break
      gossip = only(sign(machine, signs[0]!), 'gossip')
      expect(gossip.bytes.length).toBeLessThanOrEqual(60_000)
    }
    expect(summary(actions).filter((line) => line.startsWith('published'))).toHaveLength(7)
  })

  test('continues its sequence without a gap in each topic, also after a release', () => {
    const machine = machineWith()
    const sequences: number[] = []
    const say = (ref: number, topic: string): void => {
      sequences.push(bodyOf(only(settle(machine, publish(ref, `m${ref}`, topic)), 'gossip')).sequence)
    }
    say(1, 't')
    say(2, 't')
    say(3, 'u')
    machine.handle({ type: 'release', topic: 't' }, 1)
    machine.handle({ type: 'hold', rules: rulesOf('t') }, 1)
    say(4, 't')
    say(5, 'u')
    expect(sequences).toEqual([1, 2, 1, 3, 2])
  })
})

describe('a publish is refused', () => {
  test('on a topic that is not held', () => {
    expect(summary(machineWith().handle(publish(1, 'x', 'v'), 1))).toEqual(['refused 1 not-held'])
  })

  test('over the size that the topic allows', () => {
    expect(machineWith().handle(publish(1, new Uint8Array(1001)), 1)).toEqual([
      { type: 'refused', ref: 1, code: 'oversize', detail: '1001 bytes; the topic allows 1000' },
    ])
  })

  test('against the schema, with what is wrong', () => {
    expect(machineWith({ check: () => 'no number' }).handle(publish(1, 'x'), 1)).toEqual([
      { type: 'refused', ref: 1, code: 'bad-schema', detail: 'no number' },
    ])
  })

  test.each([
    [
      'throws',
      (): Uint8Array => {
        throw new Error('rule')
      },
    ],
    ['gives no bytes', (): Uint8Array => 'id' as never],
    ['gives an empty id', (): Uint8Array => new Uint8Array()],
    ['gives too long an id', (): Uint8Array => new Uint8Array(33)],
  ])('if the id rule %s', (_, contentId) => {
    expect(summary(machineWith({ contentId }).handle(publish(1, 'x'), 1))).toEqual(['refused 1 rejected'])
  })

  test('by our own validator, with its reason', () => {
    const machine = machineWith({ judged: true })
    const judge = only(machine.handle(publish(1, 'x'), 1), 'judge')
    const judgements = [{ verdict: 'reject', reason: 'no' }] as const
    expect(machine.handle({ type: 'judged', ref: judge.ref, judgements }, 1)).toEqual([
      { type: 'refused', ref: 1, code: 'rejected', detail: 'no' },
    ])
  })

  test('when too much waits, be it bytes or empty messages', () => {
    for (const size of [1000, 0]) {
      const machine = machineWith({}, { queueBytesMax: 5_500 })
      const answers = Array.from({ length: 100 }, (_, ref) => machine.handle(publish(ref, new Uint8Array(size)), 1))
      const refused = answers.flatMap(summary).filter((line) => line.endsWith('overloaded'))
      expect(refused).toHaveLength(size === 0 ? 45 : 95)
    }
  })

  test('when the topic is released while it waits for its turn or for the validator', () => {
    const machine = machineWith()
    const first = only(machine.handle(publish(1, 'a'), 1), 'sign')
    machine.handle(publish(2, 'b'), 1)
    expect(summary(machine.handle({ type: 'release', topic: 't' }, 3))).toEqual(['refused 2 not-held'])
    expect(summary(sign(machine, first))).toEqual(['gossip', 'deliver a'])

    const judged = machineWith({ judged: true })
    const judge = only(judged.handle(publish(3, 'c'), 1), 'judge')
    expect(summary(judged.handle({ type: 'release', topic: 't' }, 1))).toEqual(['refused 3 not-held'])
    expect(judged.handle({ type: 'judged', ref: judge.ref, judgements: [{ verdict: 'accept' }] }, 1)).toEqual([])
  })
})

describe('on a topic with a content rule', () => {
  const contentId = (payload: Uint8Array): Uint8Array => payload.slice(0, 4)

  test('the same content is published once, also when the first is still being signed', () => {
    const machine = machineWith({ contentId })
    const first = machine.handle(publish(1, 'same'), 1)
    expect(machine.handle(publish(2, 'same'), 1)).toEqual([
      { type: 'published', ref: 2, id: text('same'), peers: 0, duplicate: true },
    ])
    expect(summary(sign(machine, only(first, 'sign')))).toEqual(['gossip', 'deliver same'])
  })

  test('content that a peer brought first is a duplicate', () => {
    const machine = machineWith({ contentId })
    accept(machine, received(['same']))
    expect(summary(machine.handle(publish(1, 'same'), 1))).toEqual(['published 1 duplicate'])
  })

  test('each message has an envelope of its own', () => {
    const machine = machineWith({ contentId })
    const signs = ['a', 'b', 'c'].flatMap((payload, ref) => summary(machine.handle(publish(ref, payload), 1)))
    expect(signs).toEqual(['sign', 'sign', 'sign'])
  })

  test('a raw message goes as it is, without a signature', () => {
    const machine = machineWith({ contentId, format: 'raw' })
    const actions = machine.handle(publish(1, 'bare'), 1)
    expect(summary(actions)).toEqual(['gossip', 'deliver bare'])
    expect(only(actions, 'gossip').bytes).toEqual(text('bare'))
  })
})
