import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RequestTracker } from '../../src/request/request-tracker.ts'

const preferred = (peer: string) => ({ peer, isPreferred: true })
const other = (peer: string) => ({ peer, isPreferred: false })

describe('a request tracker', () => {
  test('asks one peer at a time, preferred ones first, each once', () => {
    const tracker = new RequestTracker({ seed: 1, timeoutMs: 100, delayMs: 10 })
    tracker.announced('x', other('slow'), 0)
    tracker.announced('x', preferred('b'), 1)
    tracker.announced('x', preferred('a'), 1)
    const asked = [1, 101, 201, 301].flatMap((at) => tracker.due(at).requests.map(({ peer }) => peer))
    expect(asked.slice(0, 2).toSorted()).toEqual(['a', 'b'])
    expect(asked[2]).toBe('slow')
    expect(asked.length).toBe(3)
    expect(tracker.size).toBe(0)
  })

  test('asks another at once when the answer is no use, and nobody when it has come', () => {
    const tracker = new RequestTracker({ seed: 1 })
    for (const peer of ['a', 'b', 'c']) tracker.announced('x', preferred(peer), 0)
    const [first] = tracker.due(0).requests
    expect(tracker.answered('x', first!.peer)).toBe(true)
    expect(tracker.nextWakeup).toBe(0)
    const [second] = tracker.due(5).requests
    expect(second!.peer).not.toBe(first!.peer)
    expect(tracker.announced('x', preferred(first!.peer), 6)).toBe(false)
    tracker.forget('x')
    expect(tracker.due(1e9)).toEqual({ requests: [], expired: [] })
    expect(tracker.nextWakeup).toBeUndefined()
  })

  test('draws lots among equals, so that the first to announce is not always asked first', () => {
    const firsts = Array.from({ length: 400 }, (_, seed) => {
      const tracker = new RequestTracker({ seed: seed * 7919 })
      for (const peer of ['fast', 'b', 'c', 'd']) tracker.announced('x', preferred(peer), 0)
      return tracker.due(0).requests[0]!.peer
    })
    const fast = firsts.filter((peer) => peer === 'fast').length
    expect(fast).toBeGreaterThan(60)
    expect(fast).toBeLessThan(140)
  })

  test('finds who delivers among many that announce and never do, in a time-out for each of them at most', () => {
    const tracker = new RequestTracker({ seed: 3 })
    for (let liar = 0; liar < 20; liar++) tracker.announced('x', other(`liar ${liar}`), 0)
    tracker.announced('x', preferred('honest'), 1)
    expect(tracker.due(1).requests).toEqual([{ peer: 'honest', ids: ['x'] }])
  })

  test('remembers no more of a peer than it may, and leaves others alone', () => {
    const tracker = new RequestTracker({ seed: 1, announcementsMax: 10 })
    const taken = Array.from({ length: 20 }, (_, id) => tracker.announced(`fake ${id}`, other('flooder'), 0))
    expect(taken.filter(Boolean).length).toBe(10)
    expect(tracker.announced('x', other('honest'), 0)).toBe(true)
    expect(tracker.usageOf('flooder').announced).toBe(10)
    tracker.peerGone('flooder')
    expect(tracker.size).toBe(1)
  })
})

interface Row {
  readonly id: string
  readonly peer: string
  readonly at: number
  readonly isPreferred: boolean
  state: 'candidate' | 'asked' | 'done'
  until: number
}

/** The rules, word by word, over a plain list. */
class Model {
  rows: Row[] = []
  readonly options = { announcementsMax: 6, inFlightMax: 2, delayMs: 5, overloadedDelayMs: 7, timeoutMs: 20 }

  of = (peer: string): Row[] => this.rows.filter((row) => row.peer === peer)
  inFlight = (peer: string): number => this.of(peer).filter(({ state }) => state === 'asked').length
  asked = (id: string): Row | undefined => this.rows.find((row) => row.id === id && row.state === 'asked')

  announced(id: string, peer: string, isPreferred: boolean, now: number): boolean {
    const own = this.of(peer)
    if (own.length >= this.options.announcementsMax || own.some((row) => row.id === id)) return false
    const overloaded = this.inFlight(peer) >= this.options.inFlightMax ? this.options.overloadedDelayMs : 0
    const at = now + (isPreferred ? 0 : this.options.delayMs) + overloaded
    this.rows.push({ id, peer, at, isPreferred, state: 'candidate', until: 0 })
    return true
  }

  settle(): void {
    const open = new Set(this.rows.filter(({ state }) => state !== 'done').map(({ id }) => id))
    this.rows = this.rows.filter(({ id }) => open.has(id))
  }

  /** Candidates that may be asked at a time, whether or not their peer has room. */
  dueAt(now: number): Row[] {
    return this.rows.filter((row) => row.state === 'candidate' && row.at <= now && this.asked(row.id) === undefined)
  }

  isFull = (peer: string): boolean => this.inFlight(peer) >= this.options.inFlightMax
}

test('a request tracker keeps to its rules, as a plain list of announcements has them, after any history', () => {
  const peers = ['a', 'b', 'c', 'd']
  const step = fc.record({
    what: fc.constantFrom('announced', 'announced', 'announced', 'due', 'due', 'answered', 'forget', 'gone'),
    id: fc.nat(11).map(String),
    peer: fc.constantFrom(...peers),
    isPreferred: fc.boolean(),
    ms: fc.nat(12),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), fc.integer(), (steps, seed) => {
      const model = new Model()
      const tracker = new RequestTracker({ seed, ...model.options })
      let now = 0
      for (const { what, id, peer, isPreferred, ms } of steps) {
        now += ms
        if (what === 'announced') {
          expect(tracker.announced(id, { peer, isPreferred }, now)).toBe(model.announced(id, peer, isPreferred, now))
        } else if (what === 'answered') {
          const row = model.of(peer).find((each) => each.id === id)
          expect(tracker.answered(id, peer)).toBe(row?.state === 'asked')
          if (row !== undefined) row.state = 'done'
        } else if (what === 'forget') {
          tracker.forget(id)
          model.rows = model.rows.filter((row) => row.id !== id)
        } else if (what === 'gone') {
          tracker.peerGone(peer)
          model.rows = model.rows.filter((row) => row.peer !== peer)
        } else due(tracker, model, now)
        model.settle()
        expect(tracker.size).toBe(new Set(model.rows.map((row) => row.id)).size)
        for (const each of peers) {
          expect(tracker.usageOf(each)).toEqual({ announced: model.of(each).length, inFlight: model.inFlight(each) })
        }
        // It is woken in time for whatever could happen next.
        const times = model.rows.flatMap((row) => {
          if (row.state === 'asked') return [row.until]
          if (row.state === 'done' || model.asked(row.id) !== undefined || model.isFull(row.peer)) return []
          return [Math.max(now, row.at)]
        })
        if (times.length > 0) expect(tracker.nextWakeup).toBeLessThanOrEqual(Math.max(now, Math.min(...times)))
      }
    }),
    { numRuns: 150, interruptAfterTimeLimit: 15_000 },
  )

  function due(tracker: RequestTracker, model: Model, now: number): void {
    const { requests, expired } = tracker.due(now)
    const late = model.rows.filter((row) => row.state === 'asked' && row.until <= now)
    expect(expired.map(({ id, peer }) => `${id} ${peer}`).toSorted()).toEqual(
      late.map(({ id, peer }) => `${id} ${peer}`).toSorted(),
    )
    for (const row of late) row.state = 'done'
    model.settle()
    const candidates = model.dueAt(now)
    const chosen: Row[] = []
    for (const { peer, ids } of requests) {
      const rows = ids.map((id) => candidates.find((row) => row.id === id && row.peer === peer))
      expect(rows).not.toContain(undefined)
      expect(rows.map((row) => model.rows.indexOf(row!))).toEqual(
        rows.map((row) => model.rows.indexOf(row!)).toSorted((a, b) => a - b),
      )
      chosen.push(...rows.map((row) => row!))
    }
    expect(new Set(chosen.map(({ id }) => id)).size).toBe(chosen.length)
    for (const row of chosen) Object.assign(row, { state: 'asked', until: now + model.options.timeoutMs })
    for (const peer of ['a', 'b', 'c', 'd']) expect(model.inFlight(peer)).toBeLessThanOrEqual(model.options.inFlightMax)
    // Whoever has room now had room all the time: a preferred one comes before others, and nothing that could be asked for is left.
    const free = candidates.filter((row) => row.state === 'candidate' && !model.isFull(row.peer))
    for (const row of chosen.filter(({ isPreferred }) => !isPreferred)) {
      expect(free.filter((each) => each.id === row.id && each.isPreferred)).toEqual([])
    }
    expect(free.filter((row) => model.asked(row.id) === undefined)).toEqual([])
  }
})
