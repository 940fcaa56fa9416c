import { describe, expect, test } from 'vitest'
import {
  accept,
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
    // A receiver allows for the jitter of the way: a quarter of a second and one message.
    expect([last(1, 1), last(2, 1), last(3, 1), last(4, 1), last(5, 501)]).toEqual([
      'deliver x',
      'deliver x',
      'deliver x',
      'verdict ignore rate-limit',
      'deliver x',
    ])
  })
})

describe('our own messages', () => {
  test('over the rate of the topic are refused, since every other node would ignore them', () => {
    const machine = machineWith({ authorRateMax: 2 })
    const first = (ref: number, now: number): string | undefined =>
      summary(settle(machine, publish(ref, `${ref}`), { now })).find((line) => /^(published|refused)/.test(line))
    expect([first(1, 1), first(2, 1), first(3, 1), first(4, 501)]).toEqual([
      'published 1 1 peers',
      'published 2 1 peers',
      'refused 3 overloaded',
      'published 4 1 peers',
    ])
  })

  test('that wait share envelopes no larger than the rate, which a node takes or ignores whole', () => {
    const machine = machineWith({ authorRateMax: 2.5 })
    const { ref } = only(machine.handle(publish(1, 'first'), 0), 'sign')
    for (let number = 2; number <= 5; number++) machine.handle(publish(number, `${number}`), number * 1_000)
    const actions = settle(machine, { type: 'signed', ref, signature: junkSignature }, { now: 9_000 })
    const delivered = summary(actions).filter((line) => line.startsWith('deliver'))
    expect(delivered).toEqual(['deliver first', 'deliver 2,3', 'deliver 4,5'])
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
