import { describe, expect, test } from 'vitest'
import { decodeEnvelope, signedBytes } from '../../src/envelope.ts'
import type { Action, Event, Judgement } from '../../src/event.ts'
import { messageIds, sha256 } from '../../src/id.ts'
import type { Machine } from '../../src/machine.ts'
import { accept, machineWith, networkId, only, publish, received, rulesOf, settle, summary } from '../machine-world.ts'

type Received = Event & { readonly type: 'received' }

/** The id of the only message of an envelope. */
function idOf({ bytes }: Received): Uint8Array {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) throw new Error('it does not decode')
  return messageIds(sha256, signedBytes(networkId, 't', decoded.envelope.bodyBytes), 1)[0]!
}

const waitFor = (...events: readonly Received[]): Judgement => ({ verdict: 'defer', waitFor: events.map(idOf) })
const ok: Judgement = { verdict: 'accept' }

/** Takes an arrival to its judgement. */
function judge(machine: Machine, event: Received, judgement: Judgement, now = 1): readonly Action[] {
  const { ref } = only(accept(machine, event, now), 'judge')
  return machine.handle({ type: 'judged', ref, judgements: [judgement] }, now)
}

/** Answers a judge action among these. */
function answer(machine: Machine, actions: readonly Action[], judgement: Judgement, now: number): readonly Action[] {
  return machine.handle({ type: 'judged', ref: only(actions, 'judge').ref, judgements: [judgement] }, now)
}

/** Ticks whenever the machine asks for it, up to a time; all that it did. */
function runTo(machine: Machine, end: number): Action[] {
  const all: Action[] = []
  for (let turns = 0; (machine.nextWakeup ?? Infinity) <= end; turns++) {
    if (turns > 1_000) throw new Error('it does not rest')
    all.push(...machine.handle({ type: 'tick' }, machine.nextWakeup!))
  }
  return all
}

const parent = received(['parent'], { sequence: 1 })
const child = received(['child'], { sequence: 2, from: 'other' })

const steps = (machine: Machine, event: Received): string[] =>
  machine.why(idOf(event))!.steps.map(({ what, reason, detail }) => [what, reason, detail].filter(Boolean).join(' '))

describe('a message that waits for another', () => {
  test('is ignored for gossip at once, and accepted, passed on and delivered when the other comes, 60 s later', () => {
    const machine = machineWith({ judged: true })
    const short = Buffer.from(idOf(parent)).subarray(0, 6).toString('hex')
    expect(summary(judge(machine, child, waitFor(parent)))).toEqual(['verdict defer deferred'])
    expect(machine.snapshot()).toMatchObject({ parked: 1, pendingBytes: 0 })
    expect(runTo(machine, 60_000)).toEqual([])

    const accepted = judge(machine, parent, ok, 60_001)
    expect(summary(accepted)).toEqual(['verdict accept valid', 'deliver parent', 'judge child'])
    const settled = answer(machine, accepted, ok, 60_002)
    expect(summary(settled)).toEqual(['settled accept valid, passed on', 'deliver child'])
    expect(only(settled, 'settled')).toMatchObject({ gossipId: child.gossipId, from: 'other', bytes: child.bytes })
    expect(machine.snapshot()).toMatchObject({ parked: 0, parkedBytes: 0, pendingBytes: 0 })
    expect(steps(machine, child)).toEqual([
      'received',
      `verdict deferred waits for ${short}`,
      'rejudged what it waited for was accepted',
      'verdict valid',
      'delivered',
    ])
    expect(runTo(machine, 1e9)).toEqual([])
  })

  test('is judged again at once if the other was accepted while the validator was at work', () => {
    const machine = machineWith({ judged: true })
    const { ref } = only(accept(machine, child), 'judge')
    judge(machine, parent, ok)
    machine.handle({ type: 'judged', ref, judgements: [waitFor(parent)] }, 2)
    const again = runTo(machine, 100)
    expect(summary(again)).toEqual(['judge child'])
    expect(summary(answer(machine, again, ok, 101))).toEqual(['settled accept valid, passed on', 'deliver child'])
  })

  test('waits for all that it names, and a chain of them comes one after the other', () => {
    const machine = machineWith({ judged: true })
    const grandchild = received(['grandchild'], { sequence: 3 })
    judge(machine, grandchild, waitFor(parent, child))
    judge(machine, child, waitFor(parent))
    const first = judge(machine, parent, ok, 2)
    expect(summary(first)).toEqual(['verdict accept valid', 'deliver parent', 'judge child'])
    const second = answer(machine, first, ok, 3)
    expect(summary(second)).toEqual(['settled accept valid, passed on', 'deliver child', 'judge grandchild'])
    expect(summary(answer(machine, second, ok, 4))).toContain('deliver grandchild')
  })

  test('also comes when the other is our own', () => {
    const machine = machineWith({ judged: true })
    const all: Action[] = []
    const { ref } = only(machine.handle(publish(1, 'mine'), 1), 'judge')
    const sign = only(machine.handle({ type: 'judged', ref, judgements: [ok] }, 1), 'sign')
    const sent = machine.handle({ type: 'signed', ref: sign.ref, signature: new Uint8Array(64) }, 1)
    const { id } = only(sent, 'deliver').messages[0]!
    all.push(...judge(machine, child, { verdict: 'defer', waitFor: [id] }, 2), ...runTo(machine, 100))
    expect(summary(all)).toEqual(['verdict defer deferred', 'judge child'])
  })

  test('is given up with the other when that is refused, and so is what waits for it in turn', () => {
    const machine = machineWith({ judged: true })
    const grandchild = received(['grandchild'], { sequence: 3 })
    judge(machine, child, waitFor(parent))
    judge(machine, grandchild, waitFor(child))
    expect(summary(judge(machine, parent, { verdict: 'ignore' }, 2))).toEqual(['verdict ignore rule-ignored'])
    expect(machine.snapshot().parked).toBe(2)
    const bad = received(['parent'], { sequence: 1 })
    expect(summary(judge(machine, bad, { verdict: 'reject', reason: 'bad' }, 3))).toEqual([
      'verdict reject rule-rejected',
      'settled ignore dependency-refused',
      'settled ignore dependency-refused',
    ])
    expect(machine.snapshot()).toMatchObject({ parked: 0, parkedBytes: 0 })
  })

  test('for ever is given up after ten minutes', () => {
    const machine = machineWith({ judged: true })
    judge(machine, child, waitFor(parent))
    expect(summary(runTo(machine, 599_999))).toEqual([])
    expect(summary(runTo(machine, 600_100))).toEqual(['settled ignore dependency-missing'])
    expect(machine.nextWakeup).toBeUndefined()
  })

  test('that waits for itself, by way of another or not, is given up', () => {
    const machine = machineWith({ judged: true })
    expect(summary(judge(machine, child, waitFor(child)))).toEqual(['verdict ignore dependency-cycle'])
    judge(machine, parent, waitFor(child))
    expect(summary(judge(machine, child, waitFor(parent)))).toEqual(['verdict ignore dependency-cycle'])
  })

  test('comes again as a copy, and is not judged twice', () => {
    const machine = machineWith({ judged: true })
    judge(machine, child, waitFor(parent))
    expect(summary(machine.handle({ ...child, from: 'third' }, 130_000))).toEqual(['verdict defer deferred'])
    expect(machine.snapshot().parked).toBe(1)
  })

  test('counts against the peer that brought it if the validator rejects it later', () => {
    const machine = machineWith({ judged: true })
    judge(machine, child, waitFor(parent))
    const rejected = answer(machine, judge(machine, parent, ok, 2), { verdict: 'reject' }, 3)
    expect(only(rejected, 'settled')).toMatchObject({ from: 'other', decision: { verdict: 'reject' } })
  })
})

describe('a message that waits for a time', () => {
  test('is judged again when it has passed', () => {
    const machine = machineWith({ judged: true })
    expect(summary(judge(machine, child, { verdict: 'defer', forMs: 5_000, reason: 'too early' }))).toEqual([
      'verdict defer deferred',
    ])
    expect(runTo(machine, 5_000)).toEqual([])
    const again = runTo(machine, 5_100)
    expect(summary(again)).toEqual(['judge child'])
    expect(summary(answer(machine, again, ok, 5_200))).toEqual(['settled accept valid, passed on', 'deliver child'])
    expect(steps(machine, child)[1]).toBe('verdict deferred for 5000 ms: too early')
  })

  test('or for another, is judged when the first of both is there', () => {
    const machine = machineWith({ judged: true })
    judge(machine, child, { ...waitFor(parent), forMs: 5_000 })
    expect(summary(runTo(machine, 5_100))).toEqual(['judge child'])
  })

  test.each([
    ['longer than ten minutes at once', 600_001, 'verdict ignore deferred-too-long'],
    ['for a time that is none', -1, 'verdict defer deferred'],
  ])('%s', (_, forMs, expected) => {
    const machine = machineWith({ judged: true })
    expect(summary(judge(machine, child, { verdict: 'defer', forMs }))).toEqual([expected])
  })

  test.each([
    [1_000, 'deferred-too-often'],
    [60_000, 'deferred-too-long'],
  ])('of %i ms again and again is given up in the end', (forMs, reason) => {
    const machine = machineWith({ judged: true })
    let actions = judge(machine, child, { verdict: 'defer', forMs })
    for (let turns = 0; turns < 1_000 && machine.snapshot().parked > 0; turns++) {
      const now = machine.nextWakeup!
      actions = machine.handle({ type: 'tick' }, now)
      const asked = actions.find((action) => action.type === 'judge')
      if (asked !== undefined)
        actions = machine.handle({ type: 'judged', ref: asked.ref, judgements: [{ verdict: 'defer', forMs }] }, now)
    }
    expect(summary(actions)).toEqual([`settled ignore ${reason}`])
    expect(machine.why(idOf(child))!.steps.at(-1)).toMatchObject({ what: 'verdict', reason })
  })
})

describe('a failure of our validator', () => {
  test('loses nothing: the message is judged again, and accepted when the validator is back', () => {
    const machine = machineWith({ judged: true })
    const failed = judge(machine, child, { verdict: 'defer', failed: 'error', reason: 'crashed' })
    expect(summary(failed)).toEqual(['verdict ignore validator-failed'])
    const again = runTo(machine, 1_100)
    expect(summary(again)).toEqual(['judge child'])
    expect(summary(answer(machine, again, ok, 1_200))).toEqual(['settled accept valid, passed on', 'deliver child'])
  })

  test('that does not end is a failure of the message in the end, and nobody’s fault', () => {
    const machine = machineWith({ judged: true })
    judge(machine, child, { verdict: 'reject', failed: 'timeout' })
    const told: string[] = []
    while (machine.snapshot().parked > 0) {
      const now = machine.nextWakeup!
      const asked = machine.handle({ type: 'tick' }, now).find((action) => action.type === 'judge')
      const judgements = [{ verdict: 'reject', failed: 'timeout' }] as const
      if (asked !== undefined)
        told.push(...summary(machine.handle({ type: 'judged', ref: asked.ref, judgements }, now)))
    }
    expect(told).toEqual(['settled ignore validator-timeout'])
  })

  test('accepts where the topic says so', () => {
    const machine = machineWith({ judged: true })
    const accepted = judge(machine, child, { verdict: 'accept', failed: 'error' })
    expect(summary(accepted)).toEqual(['verdict accept unjudged', 'deliver child'])
  })
})

describe('a batch of which one waits', () => {
  test('is passed on for the sake of the others, and the rest follows alone', () => {
    const machine = machineWith({ judged: true })
    const batch = received(['a', 'b'])
    const { ref } = only(accept(machine, batch), 'judge')
    const first = machine.handle({ type: 'judged', ref, judgements: [ok, waitFor(parent)] }, 1)
    expect(summary(first)).toEqual(['verdict accept valid', 'deliver a'])
    const accepted = judge(machine, received(['parent'], { sequence: 1 }), ok, 2)
    expect(summary(accepted)).toContain('judge b')
    expect(summary(answer(machine, accepted, ok, 3))).toEqual(['settled accept valid', 'deliver b'])
  })
})

describe('a topic', () => {
  test('that is let go gives up what waits on it', () => {
    const machine = machineWith({ judged: true })
    judge(machine, child, waitFor(parent))
    expect(summary(machine.handle({ type: 'release', topic: 't' }, 2))).toEqual(['settled ignore not-held'])
  })

  test('that nobody judges any more accepts what waited', () => {
    const machine = machineWith({ judged: true })
    judge(machine, child, waitFor(parent))
    expect(summary(machine.handle({ type: 'hold', rules: rulesOf('t') }, 2))).toEqual([
      'settled accept valid, passed on',
      'deliver child',
    ])
  })
})

test('a publish of ours that has to wait is refused as deferred, and says for what', () => {
  const machine = machineWith({ judged: true })
  const { ref } = only(machine.handle(publish(1, 'mine'), 1), 'judge')
  const refused = only(machine.handle({ type: 'judged', ref, judgements: [waitFor(parent)] }, 1), 'refused')
  const short = Buffer.from(idOf(parent)).subarray(0, 6).toString('hex')
  expect(refused).toMatchObject({ ref: 1, code: 'deferred', detail: `it waits for ${short}` })
  expect(summary(settle(machine, { type: 'tick' }))).toEqual([])
})

describe('bounds', () => {
  test('a peer that brings too much loses its own oldest, and nobody else’s', () => {
    const parkBounds = { ofPeer: { count: 3, bytes: 1 << 20 }, ofTopic: { count: 4, bytes: 1 << 20 }, bytes: 1 << 20 }
    const machine = machineWith({ judged: true }, { parkBounds })
    judge(machine, received(['mine'], { sequence: 1, from: 'poor' }), waitFor(child))
    const evicted: string[] = []
    for (let sequence = 2; sequence < 20; sequence++) {
      const actions = judge(machine, received([`junk ${sequence}`], { sequence, from: 'rich' }), waitFor(child))
      for (const action of actions)
        if (action.type === 'settled') evicted.push(`${action.from} ${action.decision.reason}`)
    }
    expect(new Set(evicted)).toEqual(new Set(['rich park-full']))
    expect(evicted).toHaveLength(15)
    expect(machine.snapshot().parked).toBe(4)
    // A newcomer finds room on a full topic at the cost of who has most.
    const late = judge(machine, received(['late'], { sequence: 30, from: 'new' }), waitFor(child))
    expect(late.map((action) => action.type === 'settled' && action.from)).toContain('rich')
  })
})
