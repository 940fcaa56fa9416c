import { describe, expect, test } from 'vitest'
import type { Action, Judgement } from '../src/event.ts'
import type { Machine } from '../src/machine.ts'
import {
  accept,
  alice,
  arrival,
  junkSignature,
  machineWith,
  only,
  publish,
  received,
  self,
  settle,
  summary,
  text,
  wall,
  wallMs,
} from './machine-world.ts'

/** The answer of the validator to all that is asked in an arrival. */
function judge(machine: Machine, event: ReturnType<typeof received>, judgements: readonly Judgement[]): string[] {
  const { ref } = only(accept(machine, event), 'judge')
  return summary(machine.handle({ type: 'judged', ref, judgements }, 1))
}

describe('an envelope', () => {
  test('is verified, forwarded and delivered', () => {
    const machine = machineWith()
    const event = received(['a', 'b'], { sequence: 5 })
    const verify = only(machine.handle(event, 1), 'verify')
    expect(verify.author).toEqual(alice)
    const actions = machine.handle({ type: 'verified', ref: verify.ref, valid: true }, 2)
    const message = { topic: 't', author: alice, from: 'peer', epoch: 1, time: wall }
    const [a, b] = only(actions, 'deliver').messages
    expect(actions).toEqual([
      {
        type: 'verdict',
        topic: event.topic,
        gossipId: event.gossipId,
        from: 'peer',
        decision: { verdict: 'accept', reason: 'valid' },
      },
      {
        type: 'deliver',
        messages: [
          { ...message, id: a!.id, sequence: 5, payload: text('a') },
          { ...message, id: b!.id, sequence: 6, payload: text('b') },
        ],
      },
    ])
    expect(machine.why(b!.id)).toMatchObject({
      sequence: 6,
      copies: 0,
      steps: [
        { what: 'received', at: 1, peer: 'peer' },
        { what: 'verdict', at: 2, verdict: 'accept', reason: 'valid' },
        { what: 'delivered', at: 2 },
      ],
    })
    expect(machine.snapshot().pendingBytes).toBe(0)
  })

  const cases: readonly (readonly [string, Parameters<typeof received>, string])[] = [
    ['with a time 121 s ahead', [['a'], { time: wall + 121e6 }], 'verdict ignore future'],
    ['on a topic that is not held', [['a'], { topic: 'v' }], 'verdict ignore not-held'],
  ]
  test.each(cases)('%s is turned away before its signature is checked', (_, args, verdict) => {
    expect(summary(machineWith().handle(received(...args), 1))).toEqual([verdict])
  })

  test('with a time 119 s ahead passes', () => {
    expect(summary(accept(machineWith(), received(['a'], { time: wall + 119e6 }))).at(-1)).toBe('deliver a')
  })

  test('over the size of the topic, against its schema or with a bad signature is rejected', () => {
    const oversize = accept(machineWith(), received([new Uint8Array(1001)]))
    expect(summary(oversize)).toEqual(['verify', 'verdict reject oversize'])
    const check = (payload: Uint8Array): string | undefined => (payload[0] === 98 ? 'starts with b' : undefined)
    const wrong = accept(machineWith({ check }), received(['a', 'b', 'c']))
    expect(only(wrong, 'verdict').decision).toEqual({
      verdict: 'reject',
      reason: 'bad-schema',
      detail: 'starts with b',
    })
    const machine = machineWith()
    const { ref } = only(machine.handle(received(['a']), 1), 'verify')
    expect(summary(machine.handle({ type: 'verified', ref, valid: false }, 1))).toEqual([
      'verdict reject bad-signature',
    ])
  })

  test('that is damaged is rejected, one of a later version ignored', () => {
    const machine = machineWith()
    expect(summary(machine.handle(arrival(new Uint8Array([8, 1, 0])), 1))).toEqual(['verdict reject bad-encoding'])
    expect(summary(machine.handle(arrival(new Uint8Array([8, 2, 0])), 1))).toEqual(['verdict ignore unknown-version'])
  })

  test('whose author goes by another definition of the topic is not held against the sender', () => {
    const actions = accept(machineWith({ check: () => 'no' }), received(['a'], { schema: new Uint8Array([1]) }))
    expect(summary(actions)).toEqual(['verify', 'verdict ignore other-definition'])
  })
})

describe('a batch', () => {
  test('of known messages is ignored as a duplicate, without a signature check, whatever its signature', () => {
    const machine = machineWith()
    accept(machine, received(['a', 'b']))
    const copy = received(['a', 'b'], { signature: junkSignature, from: 'other' })
    expect(summary(machine.handle(copy, 5))).toEqual(['verdict ignore duplicate'])
  })

  test('that comes again counts as one copy of each message', () => {
    const machine = machineWith()
    const { messages } = only(accept(machine, received(['a', 'b', 'c'])), 'deliver')
    machine.handle(received(['a', 'b', 'c'], { signature: junkSignature, from: 'other' }), 5)
    expect(machine.why(messages[2]!.id)).toMatchObject({ copies: 1 })
    expect(machine.why(messages[2]!.id)?.steps.filter(({ what }) => what === 'copy')).toHaveLength(1)
  })

  const contentId = (payload: Uint8Array): Uint8Array => payload

  test('with at least one new message is forwarded whole, and only what is new is delivered, once', () => {
    const machine = machineWith({ contentId })
    accept(machine, received(['a']))
    expect(summary(accept(machine, received(['a', 'b', 'b', 'c'])))).toEqual([
      'verify',
      'verdict accept valid',
      'deliver b,c',
    ])
  })

  test('with one rejected message is rejected whole', () => {
    const verdicts: Judgement[] = [{ verdict: 'accept' }, { verdict: 'reject', reason: 'bad' }, { verdict: 'accept' }]
    const machine = machineWith({ judged: true })
    expect(judge(machine, received(['a', 'b', 'c']), verdicts)).toEqual(['verdict reject rule-rejected'])
    expect(summary(machine.handle(received(['a', 'b', 'c']), 1))).toEqual(['verify'])
  })

  test('with an ignored message is forwarded for the sake of the others', () => {
    const verdicts: Judgement[] = [{ verdict: 'ignore' }, { verdict: 'accept' }]
    expect(judge(machineWith({ judged: true }), received(['a', 'b']), verdicts)).toEqual([
      'verdict accept valid',
      'deliver b',
    ])
  })

  test('asks the validator only about what is new', () => {
    const machine = machineWith({ contentId, judged: true })
    judge(machine, received(['a']), [{ verdict: 'accept' }])
    expect(summary(accept(machine, received(['a', 'b'])))).toEqual(['verify', 'judge b'])
  })

  test('that was accepted inside another envelope during the check is a duplicate', () => {
    const machine = machineWith({ contentId, judged: true })
    const first = only(accept(machine, received(['a'])), 'judge')
    expect(judge(machine, received(['a'], { sequence: 2 }), [{ verdict: 'accept' }])).toContain('deliver a')
    const judged = machine.handle({ type: 'judged', ref: first.ref, judgements: [{ verdict: 'accept' }] }, 1)
    expect(summary(judged)).toEqual(['verdict ignore duplicate'])
  })
})

describe('a failure of ours is never held against the sender:', () => {
  const failures: readonly (readonly [string, readonly Judgement[], string])[] = [
    ['a validator that failed', [{ verdict: 'reject', failed: 'error' }], 'validator-failed'],
    ['a validator that took too long', [{ verdict: 'reject', failed: 'timeout' }], 'validator-timeout'],
    ['a validator without an answer', [], 'validator-failed'],
    ['a validator that asks to wait', [{ verdict: 'defer' }], 'defer-unsupported'],
    ['a validator that ignores', [{ verdict: 'ignore' }], 'rule-ignored'],
  ]
  test.each(failures)('%s', (_, judgements, reason) => {
    expect(judge(machineWith({ judged: true }), received(['a']), judgements)).toEqual([`verdict ignore ${reason}`])
  })

  const broken = (): never => {
    throw new Error('rule')
  }
  const rules: readonly (readonly [string, Parameters<typeof machineWith>[0]])[] = [
    ['a schema check that throws', { check: broken }],
    ['an id rule that throws', { contentId: broken }],
    ['an id rule that gives a string', { contentId: () => 'id' as never }],
    ['an id rule that gives an empty id', { contentId: () => new Uint8Array() }],
    ['an id rule that gives 33 bytes', { contentId: () => new Uint8Array(33) }],
  ]
  test.each(rules)('%s', (_, rule) => {
    expect(summary(accept(machineWith(rule), received(['a']))).at(-1)).toBe('verdict ignore validator-failed')
  })

  test('a schema check that gives something other than text', () => {
    const actions = accept(machineWith({ check: () => ({ issues: [] }) as never }), received(['a']))
    expect(only(actions, 'verdict').decision).toMatchObject({ reason: 'bad-schema', detail: 'object' })
  })
})

describe('poisoning', () => {
  test('a copy with a junk signature, sent first, does not suppress the honest one, and why tells of the honest one', () => {
    const machine = machineWith()
    const junk = received(['a'], { signature: junkSignature, from: 'hostile' })
    const { ref } = only(machine.handle(junk, 1), 'verify')
    const honest = received(['a'], { from: 'friend' })
    const inBetween = only(machine.handle(honest, 2), 'verify')
    expect(summary(machine.handle({ type: 'verified', ref, valid: false }, 3))).toEqual([
      'verdict reject bad-signature',
    ])
    const actions = machine.handle({ type: 'verified', ref: inBetween.ref, valid: true }, 4)
    expect(summary(actions)).toEqual(['verdict accept valid', 'deliver a'])
    const { id } = only(actions, 'deliver').messages[0]!
    expect(machine.why(id)).toMatchObject({ gossipId: honest.gossipId, steps: [{ peer: 'friend' }, {}, {}] })
  })

  test('the same bytes on another topic first are rejected there and do not suppress the honest ones', () => {
    const machine = machineWith()
    const misplaced = { ...received(['a'], { topic: 'u', from: 'hostile' }) }
    const { ref, bytes } = only(machine.handle(misplaced, 1), 'verify')
    machine.handle({ type: 'verified', ref, valid: false }, 1)
    const honest = received(['a'])
    const verify = only(machine.handle(honest, 1), 'verify')
    expect(verify.bytes).not.toEqual(bytes)
    expect(summary(machine.handle({ type: 'verified', ref: verify.ref, valid: true }, 1)).at(-1)).toBe('deliver a')
  })

  test('the same content on another topic does not suppress it under a content rule', () => {
    const machine = machineWith({ contentId: (payload) => payload })
    expect(summary(accept(machine, received(['a'], { topic: 'u' }))).at(-1)).toBe('deliver a')
    expect(summary(accept(machine, received(['a'], { topic: 't' }))).at(-1)).toBe('deliver a')
    expect(machine.why(text('a'), 't')).toMatchObject({ topic: 't' })
    expect(machine.why(text('a'), 'u')).toMatchObject({ topic: 'u' })
  })

  test('a rejected message on another topic does not own the answer to why', () => {
    const machine = machineWith({ contentId: (payload) => payload })
    const { ref } = only(machine.handle(received(['a'], { topic: 'u', signature: junkSignature }), 1), 'verify')
    machine.handle({ type: 'verified', ref, valid: false }, 1)
    accept(machine, received(['a'], { topic: 't' }))
    expect(machine.why(text('a'))).toMatchObject({ topic: 't' })
  })
})

describe('what one peer floods', () => {
  test('is bounded by its cost in memory, and does not block another peer', () => {
    const machine = machineWith({ judged: true }, { pendingBytesPerPeerMax: 20_000, pendingBytesMax: 100_000 })
    const flood = Array.from({ length: 50 }, (_, sequence) =>
      summary(machine.handle(received(['x'], { from: 'hostile', sequence: sequence + 1 }), 1)),
    ).flat()
    expect(flood.filter((line) => line === 'verify').length).toBeLessThan(11)
    expect(flood.at(-1)).toBe('verdict ignore overloaded')
    expect(machine.snapshot().pendingBytes).toBeLessThanOrEqual(20_000)
    expect(summary(machine.handle(received(['y'], { from: 'friend', sequence: 99 }), 1))).toEqual(['verify'])
  })

  test('counts many small messages in one envelope by their number', () => {
    const machine = machineWith({}, { pendingBytesPerPeerMax: 1 << 20, pendingBytesMax: 1 << 20 })
    const tiny = Array.from({ length: 1024 }, () => new Uint8Array())
    expect(summary(machine.handle(received(tiny), 1))).toEqual(['verify'])
    expect(machine.snapshot().pendingBytes).toBeGreaterThan(400_000)
  })

  test('is free again once it is decided', () => {
    const machine = machineWith({}, { pendingBytesPerPeerMax: 4_000, pendingBytesMax: 4_000 })
    for (let sequence = 1; sequence < 20; sequence++) {
      expect(summary(accept(machine, received(['x'], { sequence }))).at(-1)).toBe('deliver x')
    }
    expect(machine.snapshot().pendingBytes).toBe(0)
  })

  test('over the rate of an author is ignored, once its signature is known to be good', () => {
    const machine = machineWith({ authorRateMax: 2 })
    const last = (sequence: number, now: number): string | undefined =>
      summary(accept(machine, received(['x'], { sequence }), now)).at(-1)
    expect([last(1, 1), last(2, 1), last(3, 1), last(4, 501)]).toEqual([
      'deliver x',
      'deliver x',
      'verdict ignore rate-limit',
      'deliver x',
    ])
  })
})

describe('what our own key signed', () => {
  const own = (options: Parameters<typeof received>[1]): ReturnType<typeof received> =>
    received(['x'], { author: self, ...options })

  test.each([
    ['in a later life', { epoch: wallMs + 1 }],
    ['in this life, with a sequence that we did not use', { epoch: wallMs, sequence: 1 }],
    ['in an earlier life, but after this one began', { epoch: wallMs - 5_000, time: wall + 1e6 }],
  ])('%s, is somebody with our identity', (_, options) => {
    const actions = accept(machineWith(), own(options))
    expect(summary(actions)).toEqual(['verify', 'impersonated', 'verdict ignore foreign'])
    expect(only(actions, 'impersonated')).toMatchObject({ from: 'peer', body: { author: self } })
  })

  test('in an earlier life, and comes back after a restart, is a message like any other', () => {
    const actions = accept(machineWith(), own({ epoch: wallMs - 5_000, time: wall - 2e6 }))
    expect(summary(actions)).toEqual(['verify', 'verdict accept valid', 'deliver x'])
  })

  test('in this life and was published is a duplicate, or if forgotten a message, but no stranger', () => {
    const machine = machineWith({}, { seenMin: 8 })
    const { bytes } = only(settle(machine, publish(1, 'mine')), 'gossip')
    expect(summary(accept(machine, arrival(bytes)))).toEqual(['verdict ignore duplicate'])
    for (let sequence = 1; sequence < 40; sequence++) accept(machine, received(['x'], { sequence }))
    expect(summary(accept(machine, arrival(bytes)))).toEqual(['verify', 'verdict accept valid', 'deliver mine'])
  })

  test('with a bad signature is nobody', () => {
    const machine = machineWith()
    const { ref } = only(machine.handle(own({ epoch: wallMs + 1 }), 1), 'verify')
    expect(summary(machine.handle({ type: 'verified', ref, valid: false }, 1))).toEqual([
      'verdict reject bad-signature',
    ])
  })
})

describe('the machine', () => {
  test('refuses a clock that goes back, or is none', () => {
    const machine = machineWith()
    machine.handle({ type: 'tick' }, 10)
    expect(() => machine.handle({ type: 'tick' }, 9)).toThrow(RangeError)
    expect(() => machine.handle({ type: 'tick' }, Number.NaN)).toThrow(RangeError)
    expect(machine.handle({ type: 'tick' }, 10)).toEqual([])
  })

  test('notes copies and sends, and finds ids by a prefix', () => {
    const machine = machineWith()
    const event = received(['a'])
    const actions: Action[] = accept(machine, event)
    const { id } = only(actions, 'deliver').messages[0]!
    machine.handle({ type: 'copied', gossipId: event.gossipId, from: 'other' }, 2)
    machine.handle({ type: 'sent', gossipId: event.gossipId, to: 'third' }, 3)
    machine.handle({ type: 'sent', gossipId: 'unknown', to: 'third' }, 3)
    expect(machine.why(id)?.steps.slice(3)).toEqual([
      { at: 2, what: 'copy', peer: 'other' },
      { at: 3, what: 'sent', peer: 'third' },
    ])
    const hex = Buffer.from(id).toString('hex')
    expect(machine.idsWithPrefix(hex.slice(0, 6), 2)).toEqual([id])
    expect(machine.idsWithPrefix(`${hex}0`, 2)).toEqual([])
  })

  test('ignores answers to what it never asked', () => {
    const machine = machineWith()
    expect(machine.handle({ type: 'verified', ref: 77, valid: true }, 1)).toEqual([])
    expect(machine.handle({ type: 'judged', ref: 77, judgements: [] }, 1)).toEqual([])
    expect(machine.handle({ type: 'signed', ref: 77, signature: new Uint8Array(64) }, 1)).toEqual([])
    expect(machine.handle({ type: 'gossiped', ref: 77, peers: 1 }, 1)).toEqual([])
  })
})
