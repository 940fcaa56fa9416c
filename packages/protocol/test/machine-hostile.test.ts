import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeBody, encodeEnvelope } from '../src/envelope.ts'
import type { Action, Event, Judgement } from '../src/event.ts'
import { bodyArbitrary, bytesOf } from './arbitrary.ts'
import { alice, arrival, machineWith, publish, rulesOf, self, wall } from './machine-world.ts'

const topic = fc.constantFrom('t', 'u', 'v')
const peer = fc.constantFrom('p', 'q', '')

/** Honest envelopes, the same with a byte changed or cut, and noise. */
const wireBytes = fc
  .tuple(
    fc.oneof(
      bodyArbitrary,
      fc.record({
        author: fc.constantFrom(alice, self),
        epoch: fc.constantFrom(1, 2),
        sequence: fc.integer({ min: 1, max: 5 }),
        time: fc.constantFrom(1, wall, wall + 500e6),
        parents: fc.constant([]),
        messages: fc.array(fc.uint8Array({ maxLength: 3, max: 2 }), { minLength: 1, maxLength: 4 }),
      }),
    ),
    bytesOf(64),
    fc.option(fc.tuple(fc.nat(), fc.nat(255)), { nil: undefined }),
    fc.option(fc.nat(), { nil: undefined }),
  )
  .map(([body, signature, change, cut]) => {
    const bytes = encodeEnvelope(encodeBody(body), signature)
    if (change !== undefined) bytes[change[0] % bytes.length] = change[1]
    return cut === undefined ? bytes : bytes.slice(0, cut % bytes.length)
  })

const judgement: fc.Arbitrary<Judgement> = fc.record(
  {
    verdict: fc.constantFrom('accept', 'ignore', 'reject', 'defer'),
    reason: fc.string({ maxLength: 300 }),
    failed: fc.constantFrom('error', 'timeout'),
  },
  { requiredKeys: ['verdict'], noNullPrototype: true },
)

const ref = fc.nat(60)
const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.oneof(wireBytes, fc.uint8Array({ maxLength: 300 })), topic, peer)
      .map(([bytes, name, from]) => arrival(bytes, { topic: name, from })),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('verified' as const), ref, valid: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('judged' as const),
      ref,
      judgements: fc.array(judgement, { maxLength: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(60), fc.uint8Array({ maxLength: 3, max: 2 }), topic)
      .map(([at, payload, name]) => publish(at, payload, name)),
  },
  fc.record({ type: fc.constant('signed' as const), ref, signature: bytesOf(64) }),
  fc.record({ type: fc.constant('gossiped' as const), ref, peers: fc.nat(9) }),
  fc.record({ type: fc.constant('copied' as const), gossipId: fc.string(), from: peer }),
  fc.record({ type: fc.constant('sent' as const), gossipId: fc.string(), to: peer }),
  fc.constant({ type: 'tick' as const }),
  topic.map((name) => ({ type: 'release' as const, topic: name })),
  fc.tuple(topic, fc.boolean(), fc.boolean()).map(([name, judged, content]) => ({
    type: 'hold' as const,
    rules: rulesOf(name, { judged, authorRateMax: 3, ...(content && { contentId: (payload: Uint8Array) => payload }) }),
  })),
)

test('no sequence of events makes the machine throw, its output is bounded, and each arrival has one verdict at most', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), fc.boolean(), (events, judged) => {
      const machine = machineWith({ judged }, { pendingBytesPerPeerMax: 20_000, journalBytesMax: 20_000, seenMin: 20 })
      const verdicts: string[] = []
      const delivered: Action[] = []
      for (const [now, next] of events.entries()) {
        const actions = machine.handle(next, now)
        expect(actions.length).toBeLessThan(200)
        for (const action of actions) {
          if (action.type === 'verdict') verdicts.push(action.gossipId)
          if (action.type === 'deliver') delivered.push(action)
        }
      }
      const arrivals = events.filter(({ type }) => type === 'received')
      expect(verdicts.length).toBeLessThanOrEqual(arrivals.length)
      expect(machine.snapshot().pendingBytes).toBeLessThanOrEqual(60_000)
      expect(machine.snapshot().journalBytes).toBeLessThan(20_000 + 20_000)
    }),
    { numRuns: 500 },
  )
})

test('each message is delivered once, and each publish is answered once, whatever comes in between', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 120 }), (events) => {
      const machine = machineWith()
      const ids = new Set<string>()
      const answered = new Set<number>()
      let published = 0
      for (const next of events) {
        // One hold for the whole test: with other rules the same bytes are another message.
        if (next.type === 'hold' || next.type === 'release') continue
        const queue: Event[] = [next.type === 'publish' ? { ...next, ref: ++published } : next]
        for (let current = queue.shift(); current !== undefined; current = queue.shift()) {
          for (const action of machine.handle(current, 1)) {
            if (action.type === 'sign') queue.push({ type: 'signed', ref: action.ref, signature: new Uint8Array(64) })
            if (action.type === 'gossip') queue.push({ type: 'gossiped', ref: action.ref, peers: 1 })
            if (action.type === 'published' || action.type === 'refused') {
              expect(answered.has(action.ref)).toBe(false)
              answered.add(action.ref)
            }
            for (const { id, topic: of } of action.type === 'deliver' ? action.messages : []) {
              const key = `${of} ${Buffer.from(id).toString('hex')}`
              expect(ids.has(key)).toBe(false)
              ids.add(key)
            }
          }
        }
      }
      expect(answered.size).toBe(published)
    }),
    { numRuns: 300 },
  )
})
