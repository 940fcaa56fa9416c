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
  received,
  summary,
  text,
  wall,
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
    ['a validator that failed for good', [{ verdict: 'ignore', failed: 'error' }], 'validator-failed'],
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
