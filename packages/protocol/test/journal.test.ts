import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Journal, type JournalEntry, stepsMax } from '../src/journal.ts'
import { bytesOf } from './arbitrary.ts'

const id = (value: number): Uint8Array => new Uint8Array(32).fill(value)
const step = { at: 1, what: 'copy', peer: 'p' } as const

function accepted(journal: Journal, gossipId: string, ids: readonly Uint8Array[]): JournalEntry {
  const entry = journal.open('t', gossipId)
  journal.accept(entry, ids)
  return entry
}

describe('the journal', () => {
  test('forgets the oldest first', () => {
    const journal = new Journal(8_000)
    for (let value = 0; value < 100; value++) accepted(journal, `g${value}`, [id(value)])
    expect(journal.find(id(0))).toBeUndefined()
    expect(journal.find(id(99))).toBeDefined()
    expect(journal.bytes).toBeLessThan(8_000)
  })

  test('keeps junk within a quarter, whatever its number: it cannot push out what was accepted', () => {
    const journal = new Journal(40_000)
    for (let value = 0; value < 40; value++) accepted(journal, `g${value}`, [id(value)])
    for (let junk = 0; junk < 1000; junk++) {
      const entry = journal.open('t', `junk${junk}`)
      journal.name(entry, [id(100)])
      for (let copy = 0; copy < 50; copy++) journal.note(entry, step)
    }
    for (let value = 0; value < 40; value++) expect(journal.find(id(value))).toBeDefined()
    expect(journal.bytes).toBeLessThanOrEqual(40_000)
  })

  test('takes back an entry that junk pushed out while it was being checked', () => {
    const journal = new Journal(8_000)
    const honest = journal.open('t', 'honest')
    journal.name(honest, [id(1)])
    for (let junk = 0; junk < 20; junk++) journal.open('t', `junk${junk}`)
    expect(journal.find(id(1))).toBeUndefined()
    const again = journal.open('t', 'honest')
    expect(again).not.toBe(honest)
    journal.accept(honest, [id(1)])
    journal.note(honest, step)
    expect(journal.find(id(1))).toMatchObject({ gossipId: 'honest', copies: 1 })
    for (let junk = 0; junk < 20; junk++) journal.open('t', `more${junk}`)
    expect(journal.find(id(1))).toBeDefined()
    expect(journal.bytes).toBeLessThanOrEqual(8_000)
  })

  test('keeps a bounded number of steps and counts the rest', () => {
    const journal = new Journal(1 << 20)
    const entry = accepted(journal, 'g', [id(1)])
    for (let copy = 0; copy < stepsMax + 10; copy++) journal.note(entry, step)
    expect(journal.find(id(1))).toMatchObject({ stepsDropped: 15, copies: stepsMax + 10 })
    expect(journal.find(id(1))?.steps).toHaveLength(stepsMax - 5)
  })

  test('keeps places for the verdict, however many copies came first', () => {
    const journal = new Journal(1 << 20)
    const entry = accepted(journal, 'g', [id(1)])
    for (let copy = 0; copy < stepsMax + 10; copy++) journal.note(entry, step)
    journal.note(entry, { at: 9, what: 'verdict', verdict: 'accept', reason: 'valid' })
    journal.note(entry, { at: 9, what: 'delivered' })
    expect(journal.find(id(1))?.steps.slice(-2)).toMatchObject([{ what: 'verdict' }, { what: 'delivered' }])
  })

  test('tells how it ended, after however many attempts', () => {
    const journal = new Journal(1 << 20)
    const entry = accepted(journal, 'g', [id(1)])
    for (let attempt = 0; attempt < 20; attempt++) {
      for (const what of ['fetched', 'verdict', 'unstored'] as const) journal.note(entry, { at: attempt, what })
    }
    journal.note(entry, { at: 99, what: 'delivered' })
    expect(journal.find(id(1))?.steps.at(-1)).toEqual({ at: 99, what: 'delivered' })
    expect(journal.find(id(1))?.steps.length).toBe(stepsMax)
  })

  test('tells of the envelope from which a message was delivered, if it was named by another before', () => {
    const journal = new Journal(1 << 20)
    const first = accepted(journal, 'g', [id(1)])
    journal.note(first, { at: 1, what: 'unstored' })
    const second = accepted(journal, 'h', [id(1)])
    expect(journal.find(id(1))?.gossipId).toBe('g')
    journal.deliver(second, [{ id: id(1), index: 0 }])
    journal.note(second, { at: 2, what: 'delivered' })
    expect(journal.find(id(1))).toMatchObject({ gossipId: 'h', steps: [{ what: 'delivered' }] })
  })

  test('stays within its budget and one entry, also while steps alone are added', () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('accept' as const), entry: fc.nat(40), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant('name' as const), entry: fc.nat(40), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant('note' as const), entry: fc.nat(40), count: fc.integer({ min: 1, max: 50 }) }),
    )
    const entryBytesMax = 400 + 9 * 140 + stepsMax * 100
    fc.assert(
      fc.property(
        fc.array(operation, { maxLength: 200 }),
        fc.array(bytesOf(32), { minLength: 9, maxLength: 9 }),
        (operations, ids) => {
          const journal = new Journal(10_000)
          const entries: JournalEntry[] = []
          for (const { kind, entry: at, count } of operations) {
            const entry = kind === 'note' ? (entries[at] ?? journal.open('t', `g${at}`)) : journal.open('t', `g${at}`)
            entries[at] = entry
            if (kind === 'accept') journal.accept(entry, ids.slice(0, count))
            if (kind === 'name') journal.name(entry, ids.slice(0, count))
            if (kind === 'note') for (let times = 0; times < count; times++) journal.note(entry, step)
            expect(journal.bytes).toBeGreaterThanOrEqual(0)
            expect(journal.bytes).toBeLessThanOrEqual(10_000 + entryBytesMax)
          }
        },
      ),
    )
  })

  test('does not keep the bytes alive that an author key is part of', async () => {
    const { machineWith, received, accept, only } = await import('./machine-world.ts')
    const machine = machineWith({ messageBytesMax: 50_000 })
    const actions = accept(machine, received([new Uint8Array(50_000)]))
    const known = only(actions, 'deliver').messages[0]!.id
    expect(machine.why(known)?.author?.buffer.byteLength).toBe(32)
  })
})
