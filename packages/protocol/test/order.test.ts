import { describe, expect, test } from 'vitest'
import type { Message } from '../src/event.ts'
import { AuthorOrder } from '../src/order/author-order.ts'
import { CausalOrder } from '../src/order/causal-order.ts'
import type { Order, Ordered } from '../src/order/order.ts'
import { alice, self, text } from './machine-world.ts'

const id = (name: string): Uint8Array => {
  const bytes = new Uint8Array(32)
  bytes.set(text(name))
  return bytes
}

const message = (sequence: number, options: Partial<Message> & { name?: string; after?: string[] } = {}): Message => {
  const { name = `m${sequence}`, after, ...rest } = options
  const parents = after && { parents: after.map(id) }
  return {
    id: id(name),
    topic: 't',
    author: alice,
    epoch: 1,
    sequence,
    time: 1,
    payload: text(name),
    ...parents,
    ...rest,
  }
}

/** What came out, in a few words. */
const shown = (found: readonly Ordered[]): string[] =>
  found.map((item) => {
    if ('message' in item) return `${new TextDecoder().decode(item.message.payload)}${item.late ? ' late' : ''}`
    if ('parents' in item.gap) {
      const names = item.gap.parents.map((parent) => new TextDecoder().decode(parent).replaceAll('\0', ''))
      return `without ${names.join()}`
    }
    return `gap ${item.gap.first}-${item.gap.last}`
  })

function takeAll(order: Order, messages: readonly Message[], now = 0): string[] {
  return messages.flatMap((each) => shown(order.take(each, now)))
}

/** Gives up whatever is due. */
function giveUpAll(order: Order, now: number): string[] {
  const found: string[] = []
  for (let due = order.overdue(now); due !== undefined; due = order.overdue(now))
    found.push(...shown(order.giveUp(due, now)))
  return found
}

describe('the order of an author', () => {
  test('turns an arrival in reverse around', () => {
    const order = new AuthorOrder()
    order.begin(message(1), 1)
    const reversed = Array.from({ length: 1000 }, (_, index) => message(1000 - index))
    const found = takeAll(order, reversed)
    expect(found).toEqual(Array.from({ length: 1000 }, (_, index) => `m${index + 1}`))
    expect(order.waiting).toBe(0)
    expect(order.nextWakeup).toBeUndefined()
  })

  test('lets authors, epochs and topics pass each other', () => {
    const order = new AuthorOrder()
    for (const first of [message(1), message(1, { author: self })]) order.begin(first, 1)
    const found = takeAll(order, [
      message(2, { name: 'b' }),
      message(1, { author: self, name: 'other' }),
      message(7, { epoch: 2, name: 'next life' }),
      message(1, { name: 'a' }),
    ])
    expect(found).toEqual(['other', 'next life', 'a', 'b'])
  })

  test('shows a gap after a bounded wait, and what comes too late as late', () => {
    const order = new AuthorOrder({ waitMs: 100 })
    order.begin(message(1), 1)
    expect(takeAll(order, [message(1), message(3), message(4)], 5)).toEqual(['m1'])
    expect(order.nextWakeup).toBe(105)
    expect(order.overdue(104)).toBeUndefined()
    expect(giveUpAll(order, 105)).toEqual(['gap 2-2', 'm3', 'm4'])
    expect(takeAll(order, [message(2), message(5)], 106)).toEqual(['m2 late', 'm5'])
  })

  test('waits on where the host says that the missing will come', () => {
    const order = new AuthorOrder({ waitMs: 100 })
    order.begin(message(1), 1)
    takeAll(order, [message(2)], 0)
    const due = order.overdue(100)!
    expect(due).toMatchObject({ gap: { first: 1, last: 1 }, isForced: false })
    order.renew(due, 100)
    expect(order.nextWakeup).toBe(200)
    expect(takeAll(order, [message(1)], 150)).toEqual(['m1', 'm2'])
  })

  test('several gaps that are due are shown one after the other', () => {
    const order = new AuthorOrder({ waitMs: 100 })
    order.begin(message(1), 1)
    takeAll(order, [message(2), message(4), message(6)])
    expect(giveUpAll(order, 100)).toEqual(['gap 1-1', 'm2', 'gap 3-3', 'm4', 'gap 5-5', 'm6'])
  })

  test('holds a bounded number of messages and bytes', () => {
    const order = new AuthorOrder({ messagesMax: 10 })
    order.begin(message(1), 1)
    for (let sequence = 2; sequence < 5000; sequence += 2) {
      order.take(message(sequence), 0)
      giveUpAll(order, 0)
      expect(order.waiting).toBeLessThanOrEqual(10)
    }
    const heavy = new AuthorOrder({ bytesMax: 10_000 })
    heavy.begin(message(1), 1)
    heavy.take(message(2, { payload: new Uint8Array(20_000) }), 0)
    expect(heavy.overdue(0)).toMatchObject({ isForced: true })
  })

  test('remembers a bounded number of authors', () => {
    const order = new AuthorOrder()
    const lives = Array.from({ length: 5000 }, (_, index) => message(9, { epoch: index + 1 }))
    takeAll(order, lives)
    expect(order.knows(lives[0]!)).toBe(false)
    expect(order.knows(lives.at(-1)!)).toBe(true)
  })

  test('what nobody signed passes', () => {
    const order = new AuthorOrder()
    const raw = message(0, { author: new Uint8Array(), epoch: 0 })
    expect(order.knows(raw)).toBe(true)
    expect(takeAll(order, [raw, raw])).toEqual(['m0', 'm0'])
  })
})

describe('the causal order', () => {
  test('puts messages behind their parents, however deep', () => {
    const order = new CausalOrder()
    const chain = Array.from({ length: 2000 }, (_, index) =>
      message(index, { name: `c${index}`, ...(index > 0 && { after: [`c${index - 1}`] }) }),
    )
    expect(takeAll(order, chain.toReversed())).toEqual(chain.map((_, index) => `c${index}`))
    expect(order.waiting).toBe(0)
  })

  test('waits for all parents, and lets pass what has none', () => {
    const order = new CausalOrder()
    const join = message(3, { name: 'join', after: ['left', 'right'] })
    expect(takeAll(order, [join, message(1, { name: 'left' }), message(9, { name: 'free' })])).toEqual(['left', 'free'])
    expect(takeAll(order, [message(2, { name: 'right' })])).toEqual(['right', 'join'])
  })

  test('does not wait for what came before the reader', () => {
    const order = new CausalOrder()
    const child = message(2, { name: 'child', after: ['old'] })
    expect(order.unknownParents(child)).toEqual([id('old')])
    order.begin('t', id('old'))
    expect(order.unknownParents(child)).toEqual([])
    expect(takeAll(order, [child])).toEqual(['child'])
  })

  test('shows which parents are missing after a bounded wait, beginning at the root', () => {
    const order = new CausalOrder({ waitMs: 100 })
    const leaf = message(3, { name: 'leaf', after: ['branch'] })
    const branch = message(2, { name: 'branch', after: ['lost'] })
    expect(takeAll(order, [leaf, branch])).toEqual([])
    expect(giveUpAll(order, 100)).toEqual(['without lost', 'branch', 'leaf'])
    expect(takeAll(order, [message(1, { name: 'lost' })])).toEqual(['lost'])
  })

  test('a circle, which content ids allow, ends with the wait', () => {
    const order = new CausalOrder({ waitMs: 100 })
    takeAll(order, [message(1, { name: 'a', after: ['b'] }), message(2, { name: 'b', after: ['a'] })])
    expect(giveUpAll(order, 100)).toHaveLength(3)
    expect(order.waiting).toBe(0)
  })

  test('holds a bounded number of messages', () => {
    const order = new CausalOrder({ messagesMax: 10 })
    for (let sequence = 1; sequence < 1000; sequence++) {
      order.take(message(sequence, { after: [`never ${sequence}`] }), 0)
      giveUpAll(order, 0)
      expect(order.waiting).toBeLessThanOrEqual(10)
    }
  })

  test('renewing lets those that wait for it wait on too', () => {
    const order = new CausalOrder({ waitMs: 100 })
    takeAll(order, [message(1, { name: 'branch', after: ['late'] }), message(2, { name: 'leaf', after: ['branch'] })])
    order.renew(order.overdue(100)!, 100)
    expect(order.overdue(150)).toBeUndefined()
    expect(takeAll(order, [message(3, { name: 'late' })], 150)).toEqual(['late', 'branch', 'leaf'])
  })
})
