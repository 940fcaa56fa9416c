import { describe, expect, test } from 'vitest'
import { keyOf } from '../../src/bytes.ts'
import type { Action } from '../../src/event.ts'
import { sha256 } from '../../src/id.ts'
import { announced, body, type BodyHost, bodyOf, mebi, start, told } from './body-world.ts'

const reads = (actions: readonly Action[]): number => actions.filter(({ type }) => type === 'readBody').length

/** A body of 16 MiB on the disk of a host, under a root that stands for it. */
function large(host: BodyHost, fill: number): { body: Uint8Array; root: Uint8Array } {
  const whole = new Uint8Array(16 * mebi).fill(fill)
  const root = sha256(whole.subarray(0, 1))
  host.disk.set(keyOf(root), whole)
  return { body: whole, root }
}

describe('a body that many messages cite', () => {
  test('is read once while they wait, and comes to each of them', () => {
    const { machine, host } = start({ judged: true })
    const { body: whole, root } = large(host, 1)
    const asked = Array.from({ length: 10 }, (_, index) => host.feed(announced(whole, { root, sequence: index + 1 })))
    expect(asked.map((actions) => told(actions).length)).toEqual([2, 2, 2, 2, 1, 1, 1, 1, 1, 1])
    expect(machine.snapshot().bodyBytes).toBe(16 * mebi)
    const refs = host.actions.flatMap((action) => (action.type === 'judge' ? action.ref : []))
    for (let next = refs.shift(); next !== undefined; next = refs.shift()) {
      const done = host.feed({ type: 'judged', ref: next, judgements: [{ verdict: 'accept' }] })
      refs.push(...done.flatMap((action) => (action.type === 'judge' ? action.ref : [])))
    }
    expect(host.actions.filter(({ type }) => type === 'settled')).toHaveLength(10)
    expect(reads(host.actions)).toBe(1)
    expect(machine.snapshot()).toMatchObject({ awaiting: 0, bodyBytes: 0 })
  })

  test('is judged for few of them in one event', () => {
    const { host } = start()
    const { body: whole, root } = large(host, 1)
    // All of them wait for one reading.
    host.isSlow = true
    for (let sequence = 1; sequence <= 10; sequence++) host.feed(announced(whole, { root, sequence }))
    host.isSlow = false
    const settled = (actions: readonly Action[]): number => actions.filter(({ type }) => type === 'settled').length
    expect(settled(host.answer())).toBe(8)
    expect(settled(host.runTo(2))).toBe(2)
    expect(reads(host.actions)).toBe(1)
  })

  test('is fetched once where it has come for another of them', () => {
    const { host } = start()
    host.peers.set('silent', 'silent').set('peer', body)
    host.feed(announced(body, { from: 'silent' }))
    expect(told(host.feed(announced(body, { sequence: 2 })))).toEqual([
      'verdict body-awaited',
      'saveBody',
      'settled valid, passed on',
      'deliver 0',
      'settled valid, passed on',
      'deliver 0',
    ])
  })
})

describe('peers take turns', () => {
  test('so that what one brings in thousands holds up no other', () => {
    const { host } = start({ judged: true })
    const { body: whole, root } = large(host, 1)
    for (let sequence = 1; sequence <= 100; sequence++) host.feed(announced(whole, { root, sequence, from: 'mallory' }))
    const honest = large(host, 2)
    const sent = announced(honest.body, { root: honest.root, sequence: 1_000, from: 'alice' })
    expect(told(host.feed(sent))).toEqual(['verdict body-awaited'])
    const refs = host.actions.flatMap((action) => (action.type === 'judge' ? action.ref : []))
    const next = refs
      .slice(0, 2)
      .flatMap((ref) => host.feed({ type: 'judged', ref, judgements: [{ verdict: 'accept' }] }))
    const judged = next.flatMap((action) => (action.type === 'judge' ? action.messages[0]!.payload[0] : []))
    expect(judged).toEqual([1, 2])
  })

  test('and what is not here takes no room from what is', () => {
    const { host } = start()
    host.peers.set('mallory', 'silent')
    host.isSlow = true
    const absent = bodyOf(128)
    for (let sequence = 1; sequence <= 10; sequence++)
      host.feed(announced(absent, { root: sha256(Uint8Array.of(sequence)), sequence, from: 'mallory' }))
    const { body: whole, root } = large(host, 1)
    host.feed(announced(whole, { root, sequence: 100, from: 'alice' }))
    host.isSlow = false
    expect(told(host.answer())).toEqual(['settled valid, passed on', 'deliver 0'])
  })
})

test('an envelope whose body is here, and finds no room in memory, is not said to lack its body', () => {
  const { host } = start({ judged: true })
  const { body: whole, root } = large(host, 1)
  for (let sequence = 1; sequence <= 5; sequence++) host.feed(announced(whole, { root, sequence }))
  expect(told(host.runTo(300_001))).toEqual(['settled body-no-room'])
})
