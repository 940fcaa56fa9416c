import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { transactionPoolOptions } from '../../src/pool/options.ts'
import type { AccountFacts, PoolTransaction } from '../../src/pool/transaction.ts'
import { TransactionPool } from '../../src/pool/transaction-pool.ts'
import { PoolModel, type Row } from './pool-model.ts'

const senders = ['a', 'b', 'c', 'd', 'e']
const step = fc.record({
  what: fc.constantFrom('add', 'add', 'add', 'add', 'add', 'add', 'block', 'reorg', 'fee', 'expire', 'delete', 'facts'),
  sender: fc.constantFrom(...senders),
  nonce: fc.oneof({ weight: 4, arbitrary: fc.nat(4) }, fc.nat(9)),
  cap: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 5, max: 30 }) }, fc.nat(5)),
  tip: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 2, max: 30 }) }, fc.nat(5)),
  size: fc.constantFrom(100, 200, 33_000),
  cost: fc.nat(9),
  peer: fc.constantFrom('p', 'q', 'r'),
  isLocal: fc.nat(11).map((value) => value === 0),
  ms: fc.nat(9),
})

const bounds = {
  ...transactionPoolOptions,
  readySlotsMax: 9,
  readyBytesMax: 100_000,
  queuedSlotsMax: 6,
  queuedBytesMax: 70_000,
  accountSlotsMax: 6,
  accountBytesMax: 70_000,
  sizeMax: 33_000,
  nonceAheadMax: 7,
  tipMin: 2n,
  queuedMs: 60,
  readyMs: 200,
}

test.each([
  ['by what the chain says of its senders', true],
  ['by nothing but blocks', false],
])('a transaction pool does what its rules say over a plain list, %s', (_, isTold) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 160, size: 'max' }), (steps) => {
      const chain = new Map<string, AccountFacts>(senders.map((sender) => [sender, { nonce: 0, balance: 20n }]))
      const options = isTold ? { ...bounds, accountOf: (sender: string) => chain.get(sender) } : bounds
      const model = new PoolModel(options)
      const pool = new TransactionPool(options)
      const included: PoolTransaction<undefined>[] = []
      let now = 0
      const nextOf = (sender: string): number => model.facts(sender).nonce ?? 0
      const setNext = (sender: string, nonce: number): void => {
        if (isTold) chain.set(sender, { ...chain.get(sender), nonce })
        else model.nonces.set(sender, nonce)
      }
      const settle = (moved: readonly PoolTransaction[] = []): void => {
        for (const row of model.rows.slice()) {
          if (row.transaction.nonce < nextOf(row.transaction.sender)) model.rows.splice(model.rows.indexOf(row), 1)
        }
        model.settle(
          now,
          moved.map((each) => each.sender),
        )
        model.trim(now)
      }
      for (const [index, { what, sender, nonce, cap, tip, size, cost, peer, isLocal, ms }] of steps.entries()) {
        now += ms
        const all = { sender, feeCap: BigInt(cap), tip: BigInt(tip), size, cost: BigInt(cost), item: undefined }
        if (what === 'add') {
          const transaction = { ...all, id: `${index}`, nonce: nextOf(sender) + nonce - 1 }
          const before = { held: held(pool), taken: pool.taken }
          const result = pool.add(transaction, { peer, isLocal }, now)
          const said = result.status === 'refused' ? result.reason : result.status
          if (transaction.nonce < 0) {
            expect(said).toBe('nonce')
            model.add({ ...transaction, size: Infinity }, peer, isLocal, now)
          } else expect(said).toBe(model.add(transaction, peer, isLocal, now))
          if (result.status === 'refused' && result.reason !== 'queue-full') {
            expect(result.changes).toEqual([])
            expect({ held: held(pool), taken: pool.taken }).toEqual(before)
          }
        } else if (what === 'block') {
          // What a block takes: the best two, and one of another origin that uses a nonce of ours.
          const joined = [...pool.best()].slice(0, 2)
          const other = { ...all, id: `other ${index}`, nonce: nextOf(sender) }
          if (joined.every((each) => each.sender !== sender)) joined.push(other)
          included.push(...joined)
          for (const each of joined) setNext(each.sender, each.nonce + 1)
          pool.update({ joined }, now)
          settle(joined)
        } else if (what === 'reorg') {
          const left = included.splice(-3)
          for (const each of left.toReversed()) setNext(each.sender, each.nonce)
          pool.update({ left }, now)
          settle(left)
          for (const each of left) model.add(each, '', false, now)
        } else if (what === 'fee') {
          model.baseFee = BigInt(cap)
          pool.update({ baseFee: model.baseFee }, now)
          settle()
        } else if (what === 'facts') {
          if (isTold) chain.set(sender, { nonce: nextOf(sender), balance: BigInt(cost * 4) })
          pool.update({ changed: [sender] }, now)
          settle()
        } else if (what === 'delete') {
          const row = model.rows[nonce]
          pool.delete(row?.transaction.id ?? 'none', now)
          if (row !== undefined) model.remove(row, now)
          model.trim(now)
        } else {
          pool.expire(now)
          for (const status of ['queued', 'ready'] as const) {
            const old = (): Row | undefined =>
              model.rows
                .filter((row) => row.status === status && !model.locals.has(row.transaction.sender))
                .filter((row) => row.since + (status === 'ready' ? bounds.readyMs : bounds.queuedMs) <= now)
                .toSorted((x, y) => x.turnedAt - y.turnedAt)[0]
            for (let row = old(); row !== undefined; row = old()) model.remove(row, now)
          }
          model.trim(now)
        }
        expect(held(pool)).toEqual(
          model.rows
            .map((row) => ({ id: row.transaction.id, status: row.status, since: row.since, peer: row.peer }))
            .toSorted(byId),
        )
        expect(pool.taken).toEqual({ ready: model.sum('ready'), queued: model.sum('queued') })
        expect(pool.size).toBe(model.rows.length)
        for (const each of senders) {
          const base = model.baseOf(each)
          expect(pool.nextNonce(each)).toBe(base === undefined ? undefined : base + model.readyOf(each).length)
        }
      }
    }),
    { numRuns: 120, interruptAfterTimeLimit: 15_000 },
  )
})

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1)

function held(pool: TransactionPool) {
  return senders
    .flatMap((sender) => pool.of(sender))
    .map(({ transaction, status, since, peer }) => ({ id: transaction.id, status, since, peer }))
    .toSorted(byId)
}
