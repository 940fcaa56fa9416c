import type { Action, Event } from '@grapevine/protocol'
import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { runScenario, scenarios, type Invariant, type MachineLike } from '../src/index.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
const lossless = scenarios.find(({ name }) => name === 'lossless')!

/** What a broken machine does with an event. */
type Handle = (machine: MachineLike, event: Event, now: number, host: string) => readonly Action[]

/** Whether broken machines, made anew for each life, cause a violation within some seeds. */
function isCaught(invariant: Invariant, makeHandle: () => Handle, seeds = 12): boolean {
  const wrap = (machine: MachineLike, host: string): MachineLike => {
    const handle = makeHandle()
    return {
      get nextWakeup() {
        return machine.nextWakeup
      },
      handle: (event, now) => handle(machine, event, now, host),
      why: (id) => machine.why(id),
      snapshot: () => machine.snapshot(),
    }
  }
  for (let seed = 1; seed <= seeds; seed++) {
    if (runScenario(lossless, seed, { sha256, wrap }).violation?.invariant === invariant) return true
  }
  return false
}

/** A machine to which some events are nothing, or something else. */
const without =
  (change: (event: Event) => Event | undefined): (() => Handle) =>
  () =>
  (machine, event, now) => {
    const changed = change(event)
    return changed === undefined ? [] : machine.handle(changed, now)
  }

/** A machine that does something else than what is right. */
const instead =
  (change: (action: Action, event: Event) => readonly Action[]): (() => Handle) =>
  () =>
  (machine, event, now) =>
    machine.handle(event, now).flatMap((action) => change(action, event))

test('equal: hosts that never compare their stores', () => {
  const makeHandle = without((event) => (event.type === 'peer-joined' ? undefined : event))
  expect(isCaught('equal', makeHandle)).toBe(true)
})

test('held: a host that acknowledges what its disk refused', () => {
  const makeHandle = instead((action) => {
    if (action.type !== 'refused' || action.code !== 'disk') return [action]
    return [{ type: 'published', ref: action.ref, id: new Uint8Array(32).fill(1), peers: 0, duplicate: false }]
  })
  expect(isCaught('held', makeHandle, 40)).toBe(true)
})

test('verified: a host that finds every store equal to none', () => {
  const makeHandle = instead((action) => {
    if (action.type !== 'compared' || action.report === undefined) return [action]
    const { report } = action
    return [{ ...action, report: { ...report, own: { ...report.own, count: report.own.count + 1 } } }]
  })
  expect(isCaught('verified', makeHandle)).toBe(true)
})

test('equal: a host that does not hear what its disk has lost', () => {
  const makeHandle = without((event) => (event.type === 'lost' ? undefined : event))
  expect(isCaught('equal', makeHandle, 40)).toBe(true)
})

test('mirror: a host that believes to hold more than it does', () => {
  const wrap = (machine: MachineLike): MachineLike => ({
    get nextWakeup() {
      return machine.nextWakeup
    },
    handle: (event, now) => machine.handle(event, now),
    why: (id) => machine.why(id),
    snapshot: () => ({ ...machine.snapshot(), held: machine.snapshot().held + 1 }),
  })
  expect(runScenario(lossless, 6, { sha256, wrap }).violation?.invariant).toBe('mirror')
})

test('stored-once: a host that forgets at a restart what it holds', () => {
  const makeHandle = without((event) => (event.type === 'restored' ? undefined : event))
  expect(isCaught('stored-once', makeHandle, 60)).toBe(true)
})

test('committed: a host that delivers before the disk has it', () => {
  let arrival = 0
  const makeHandle = instead((action) => {
    if (action.type !== 'deliver') return [action]
    const messages = action.messages.map((message) => ({ ...message, arrival: (message.arrival ?? 0) + 1 + ++arrival }))
    return [{ ...action, messages }]
  })
  expect(isCaught('committed', makeHandle)).toBe(true)
})

test('order: a host that delivers in another order than the disk', () => {
  const makeHandle = (): Handle => {
    let late: Action | undefined
    return (machine, event, now) =>
      machine.handle(event, now).flatMap((action) => {
        if (action.type !== 'deliver') return [action]
        const swapped = late === undefined ? [] : [action, late]
        late = late === undefined ? action : undefined
        return swapped
      })
  }
  expect(isCaught('order', makeHandle)).toBe(true)
})

test('breach: an honest host whose frames break the protocol', () => {
  const makeHandle = instead((action) =>
    action.type === 'send' ? [{ ...action, bytes: Uint8Array.of(99) }] : [action],
  )
  expect(isCaught('breach', makeHandle)).toBe(true)
})

test('bounded: a host that lets frame after frame wait', () => {
  const makeHandle = instead((action) =>
    action.type === 'send'
      ? Array.from({ length: 20 }, () => ({ ...action, bytes: new Uint8Array(60_000) }))
      : [action],
  )
  expect(isCaught('bounded', makeHandle)).toBe(true)
})

test('pace: a host that opens stream after stream, and one that asks for turns for nothing', () => {
  const streams = instead((action) =>
    action.type === 'open'
      ? Array.from({ length: 20 }, (_, at) => ({ ...action, stream: action.stream + (at + 1) * 10_000 }))
      : [action],
  )
  expect(isCaught('pace', streams)).toBe(true)
  const wrap = (machine: MachineLike): MachineLike => ({
    nextWakeup: 0,
    handle: (event, now) => (event.type === 'tick' ? [] : machine.handle(event, now)),
    why: (id) => machine.why(id),
    snapshot: () => machine.snapshot(),
  })
  expect(runScenario(lossless, 1, { sha256, wrap }).violation?.invariant).toBe('pace')
})
