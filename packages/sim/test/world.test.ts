import { describe, expect, test } from 'vitest'
import { World, type Actor, type LinkOptions, type Port, type WorldEvent } from '../src/index.ts'

interface Received {
  readonly at: number
  readonly from: string
  readonly payload: number
}

/** Keeps what it gets, and wakes when it is told to. */
class Probe implements Actor<number> {
  nextWakeup: number | undefined
  readonly received: Received[] = []
  readonly ticks: number[] = []
  readonly port: Port<number>

  constructor(port: Port<number>) {
    this.port = port
  }

  receive(from: string, payload: number, at: number): void {
    this.received.push({ at, from, payload })
  }

  tick(now: number): void {
    this.ticks.push(now)
    this.nextWakeup = undefined
  }
}

function worldOf(names: readonly string[], link: LinkOptions, seed = 1) {
  const events: (WorldEvent<number> & { at: number })[] = []
  const world = new World<number, Probe>({
    seed,
    link,
    sizeOf: (payload) => payload,
    onEvent: (event, at) => events.push({ ...event, at }),
  })
  for (const name of names) world.add(name, (port) => new Probe(port))
  const send = (from: string, to: string, payload: number): boolean =>
    world.act(from, ({ port }) => port.send(to, payload))
  return { world, events, send, received: (name: string) => world.actor(name)!.received }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('time', () => {
  test('moves to each event in turn, and never back', () => {
    const { world, send, events } = worldOf(['a', 'b'], { latencyMs: 10, jitterMs: 90, reorder: 0.5, duplication: 0.5 })
    for (const step of range(200)) world.at(step * 3, () => send('a', 'b', step))
    world.drain()
    const times = events.map(({ at }) => at)
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(world.now).toBeGreaterThan(600)
  })

  test('a run ends at its time, with what comes later still to come', () => {
    const { world, send, received } = worldOf(['a', 'b'], { latencyMs: 10 })
    send('a', 'b', 1)
    world.run(9)
    expect([world.now, received('b').length]).toEqual([9, 0])
    world.run(10)
    expect(received('b')).toEqual([{ at: 10, from: 'a', payload: 1 }])
  })

  test('an actor is woken when it said last, not when it said before', () => {
    const { world } = worldOf(['a'], {})
    const wakeAt = (time: number | undefined): void => void world.act('a', (probe) => (probe.nextWakeup = time))
    wakeAt(50)
    wakeAt(20)
    wakeAt(30)
    world.run(100)
    expect(world.actor('a')!.ticks).toEqual([30])
    wakeAt(120)
    wakeAt(undefined)
    world.run(200)
    expect(world.actor('a')!.ticks).toEqual([30])
  })

  test('an actor that does not move its wake-up is refused instead of stopping the time', () => {
    const world = new World<number>({ seed: 1 })
    world.add('a', () => ({ nextWakeup: 5, receive: () => {}, tick: () => {} }))
    expect(() => world.run(10)).toThrow(RangeError)
  })
})

describe('links', () => {
  test('lose about as much as they should', () => {
    const { world, send, received, events } = worldOf(['a', 'b'], { loss: 0.2 })
    for (const payload of range(10_000)) send('a', 'b', payload)
    world.drain()
    // Five standard deviations of a binomial with n = 10,000 and p = 1/5 are 200.
    expect(Math.abs(received('b').length - 8_000)).toBeLessThan(200)
    const lost = events.filter((event) => event.type === 'lost')
    expect(lost.length).toBe(10_000 - received('b').length)
    expect(lost.every((event) => event.type === 'lost' && event.cause === 'loss')).toBe(true)
  })

  test('keep the order under jitter, and take from latency to latency and jitter', () => {
    const { world, send, received } = worldOf(['a', 'b'], { latencyMs: 20, jitterMs: 100 })
    for (const payload of range(300)) world.at(payload, () => send('a', 'b', payload))
    world.drain()
    expect(received('b').map(({ payload }) => payload)).toEqual(range(300))
    for (const { at, payload } of received('b')) {
      expect(at - payload).toBeGreaterThanOrEqual(20)
      expect(at - payload).toBeLessThan(120)
    }
  })

  test('double and reorder about as much as they should', () => {
    const { world, send, received } = worldOf(['a', 'b'], {
      latencyMs: 1,
      duplication: 0.1,
      reorder: 0.3,
      reorderMs: 50,
    })
    for (const payload of range(10_000)) world.at(payload, () => send('a', 'b', payload))
    world.drain()
    expect(Math.abs(received('b').length - 11_000)).toBeLessThan(150)
    const order = received('b').map(({ payload }) => payload)
    const overtaken = order.filter((payload, index) =>
      order.slice(Math.max(0, index - 60), index).some((p) => p > payload),
    )
    expect(overtaken.length).toBeGreaterThan(2_000)
  })

  test('with bandwidth send one payload after the other', () => {
    const { world, send, received } = worldOf(['a', 'b', 'c'], { latencyMs: 5, bytesPerSecond: 1_000 })
    for (const payload of [100, 200, 300]) send('a', 'b', payload)
    send('a', 'c', 100)
    world.drain()
    expect(received('b').map(({ at }) => at)).toEqual([105, 305, 605])
    expect(received('c').map(({ at }) => at)).toEqual([105])
  })

  test('can be set for a pair, both ways', () => {
    const { world, send, received } = worldOf(['a', 'b', 'c'], { latencyMs: 5 })
    world.setLink('a', 'b', { latencyMs: 50 })
    send('a', 'b', 1)
    send('b', 'a', 2)
    send('a', 'c', 3)
    world.drain()
    expect(['a', 'b', 'c'].map((name) => received(name)[0]?.at)).toEqual([50, 50, 5])
  })
})

describe('faults', () => {
  test('a partition isolates its groups, also from those not named, until it heals', () => {
    const { world, send, received } = worldOf(['a', 'b', 'c', 'd', 'e'], { latencyMs: 1 })
    const names = world.hosts
    const sendAll = (): void => names.forEach((from) => names.forEach((to) => void (from !== to && send(from, to, 0))))
    world.partition([['a', 'b'], ['c']])
    sendAll()
    world.drain()
    expect(names.map((name) => received(name).map(({ from }) => from))).toEqual([['b'], ['a'], [], ['e'], ['d']])
    world.heal()
    sendAll()
    world.drain()
    expect(received('c').map(({ from }) => from)).toEqual(['a', 'b', 'd', 'e'])
  })

  test('what is on its way when a partition comes is lost, unless it heals first', () => {
    const { world, send, received } = worldOf(['a', 'b'], { latencyMs: 10 })
    send('a', 'b', 1)
    world.at(5, () => world.partition([['a'], ['b']]))
    world.at(12, () => world.heal())
    world.at(13, () => send('a', 'b', 2))
    world.at(14, () => world.partition([['a'], ['b']]))
    world.at(16, () => world.heal())
    world.drain()
    expect(received('b').map(({ payload }) => payload)).toEqual([2])
  })

  test('a crash loses the state and what is on its way to the host, also if that is back in time', () => {
    const { world, send, received, events } = worldOf(['a', 'b'], { latencyMs: 10 })
    send('a', 'b', 1)
    world.drain()
    send('a', 'b', 2)
    world.crash('b')
    expect(world.actor('b')).toBeUndefined()
    expect(world.act('b', () => expect.unreachable())).toBe(false)
    world.restart('b')
    world.drain()
    expect(received('b')).toEqual([])
    expect(events.findLast(({ type }) => type === 'lost')).toMatchObject({ to: 'b', payload: 2, cause: 'crash' })
    expect(world.actor('b')!.port.life).toBe(1)
  })

  test('what a host sent before it crashed arrives; its old port and its old wake-ups are dead', () => {
    const { world, send, received } = worldOf(['a', 'b'], { latencyMs: 10 })
    const old = world.actor('a')!
    world.act('a', (probe) => (probe.nextWakeup = 20))
    send('a', 'b', 1)
    world.crash('a')
    world.restart('a')
    old.port.send('b', 2)
    world.run(100)
    expect(received('b').map(({ payload }) => payload)).toEqual([1])
    expect([old.ticks, world.actor('a')!.ticks]).toEqual([[], []])
  })
})

test('one seed gives one history, another seed another', () => {
  const history = (seed: number): string => {
    const link: LinkOptions = { latencyMs: 5, jitterMs: 20, loss: 0.2, duplication: 0.2, reorder: 0.2 }
    const { world, send, events } = worldOf(['a', 'b', 'c'], link, seed)
    for (const step of range(100)) world.at(step, () => send(world.rng.pick(['a', 'b']), 'c', step))
    world.drain()
    return JSON.stringify(events)
  }
  expect(history(5)).toBe(history(5))
  expect(history(5)).not.toBe(history(6))
})
