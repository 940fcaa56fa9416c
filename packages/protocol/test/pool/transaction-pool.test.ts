import { describe, expect, test } from 'vitest'
import type { PoolChange, PoolTransaction } from '../../src/pool/transaction.ts'
import { TransactionPool } from '../../src/pool/transaction-pool.ts'

/** `alice 3`: Alice's transaction of nonce 3, which pays 10 unless said otherwise. */
function transaction(id: string, fee = 10, more: Partial<PoolTransaction<undefined>> = {}): PoolTransaction<undefined> {
  const [sender = '', nonce = ''] = id.split(' ')
  return {
    id,
    sender,
    nonce: Number(nonce),
    feeCap: BigInt(fee),
    tip: BigInt(fee),
    size: 100,
    item: undefined,
    ...more,
  }
}

const told = (changes: readonly PoolChange[]): string[] =>
  changes.map((change) => `${change.transaction.id}: ${change.type === 'dropped' ? change.reason : change.type}`)

const accountOf =
  (nonce = 0, balance?: bigint) =>
  () =>
    balance === undefined ? { nonce } : { nonce, balance }

function filled(pool: TransactionPool, ...transactions: readonly PoolTransaction<undefined>[]): TransactionPool {
  for (const each of transactions) expect(pool.add(each, { peer: 'p' }, 0).status).not.toBe('refused')
  return pool
}

describe('a transaction', () => {
  test('is ready when all nonces before it are there, whatever the order in which they come', () => {
    const pool = new TransactionPool({ accountOf: accountOf() })
    expect(told(pool.add(transaction('alice 2'), {}, 0).changes)).toEqual(['alice 2: queued'])
    expect(told(pool.add(transaction('alice 1'), {}, 0).changes)).toEqual(['alice 1: queued'])
    expect(pool.nextNonce('alice')).toBe(0)
    const { status, changes } = pool.add(transaction('alice 0'), {}, 0)
    expect([status, told(changes)]).toEqual(['ready', ['alice 0: ready', 'alice 1: ready', 'alice 2: ready']])
    expect(pool.nextNonce('alice')).toBe(3)
  })

  test('of a sender of whom nothing is known counts from the lowest that was there', () => {
    const pool = filled(new TransactionPool(), transaction('alice 7'), transaction('alice 9'))
    expect(pool.of('alice').map(({ status }) => status)).toEqual(['ready', 'queued'])
    expect(told(pool.add(transaction('alice 6'), {}, 0).changes)).toEqual(['alice 6: ready'])
    expect(told(pool.delete('alice 6', 0))).toEqual(['alice 6: deleted', 'alice 7: queued'])
  })

  test('replaces one of its nonce if cap and tip are higher by the bump, and not otherwise', () => {
    const pool = filled(new TransactionPool(), transaction('alice 0', 100))
    const bid = (id: string, feeCap: bigint, tip: bigint) =>
      pool.add({ ...transaction('alice 0'), id, feeCap, tip }, {}, 0)
    expect(bid('a', 109n, 200n)).toEqual({ status: 'refused', reason: 'replacement', changes: [] })
    expect(bid('b', 200n, 109n)).toEqual({ status: 'refused', reason: 'replacement', changes: [] })
    expect(told(bid('c', 110n, 110n).changes)).toEqual(['alice 0: replaced', 'c: ready'])
  })

  test('does not replace one if those behind it could not be paid any more', () => {
    const pool = new TransactionPool({ accountOf: accountOf(0, 10n) })
    filled(pool, transaction('alice 0', 10, { cost: 1n }), transaction('alice 1', 10, { cost: 9n }))
    const dear = transaction('alice 0', 100, { id: 'dear', cost: 5n })
    expect(pool.add(dear, {}, 0)).toMatchObject({ reason: 'overdraft' })
    expect(pool.of('alice').map(({ status }) => status)).toEqual(['ready', 'ready'])
  })

  test.each([
    ['known', transaction('alice 5')],
    ['oversize', transaction('bob 5', 10, { size: 200_000 })],
    ['underpriced', transaction('bob 5', 1)],
    ['nonce', transaction('bob 0.5')],
    ['stale', transaction('bob 4')],
    ['far', transaction('bob 1030')],
    ['unaffordable', transaction('bob 5', 10, { cost: 11n })],
  ])('is refused: %s', (reason, refused) => {
    const pool = filled(new TransactionPool({ tipMin: 2n, accountOf: accountOf(5, 10n) }), transaction('alice 5'))
    expect(pool.add(refused, { peer: 'p' }, 0)).toEqual({ status: 'refused', reason, changes: [] })
    expect(pool.size).toBe(1)
  })
})

describe('a full pool', () => {
  test('makes room from the end of whoever is worth the least, never in the middle', () => {
    const pool = new TransactionPool({ readySlotsMax: 4, accountOf: accountOf() })
    filled(
      pool,
      transaction('alice 0', 5),
      transaction('alice 1', 90),
      transaction('alice 2', 80),
      transaction('bob 0', 6),
    )
    // Alice's last pays 80, but a block has to take her first for 5 before.
    expect(told(pool.add(transaction('carol 0', 7), {}, 0).changes)).toEqual(['carol 0: ready', 'alice 2: evicted'])
    expect(pool.nextNonce('alice')).toBe(2)
  })

  test('refuses what is worth no more than all that is there, and loses nothing for it', () => {
    const pool = new TransactionPool({ readySlotsMax: 4, accountOf: accountOf() })
    filled(
      pool,
      transaction('alice 0', 5),
      transaction('bob 0', 5),
      transaction('carol 0', 20),
      transaction('dave 0', 20),
    )
    // It would take four slots: two go cheaply, the others are worth more.
    const large = transaction('eve 0', 10, { size: 4 * 32_768 })
    expect(pool.add(large, {}, 0)).toEqual({ status: 'refused', reason: 'full', changes: [] })
    expect(pool.add(transaction('eve 0', 5), {}, 0)).toMatchObject({ reason: 'full' })
    expect(pool.size).toBe(4)
  })

  test('keeps ready ones against any number of queued ones', () => {
    const pool = new TransactionPool({ readySlotsMax: 10, queuedSlotsMax: 10, accountOf: accountOf() })
    for (let i = 0; i < 10; i++) pool.add(transaction(`honest${i} 0`, 1), { peer: 'p' }, 0)
    for (let i = 0; i < 1000; i++) pool.add(transaction(`flood${i} 1`, 1_000_000), { peer: 'q' }, 0)
    expect(pool.taken).toMatchObject({ ready: { slots: 10 }, queued: { slots: 10 } })
    expect([...pool.best()].every(({ sender }) => sender.startsWith('honest'))).toBe(true)
  })

  test('keeps what a peer has queued within its share while another floods the queue', () => {
    const pool = new TransactionPool({ queuedSlotsMax: 20, accountOf: accountOf() })
    for (let i = 0; i < 10; i++) pool.add(transaction(`honest${i} 1`, 1), { peer: 'p' }, 0)
    for (let i = 0; i < 1000; i++) pool.add(transaction(`flood${i} 1`, 1_000_000), { peer: 'q' }, 0)
    for (let i = 0; i < 10; i++) expect(pool.get(`honest${i} 1`)?.status).toBe('queued')
  })

  test("takes our own user's, whatever they pay, and keeps them", () => {
    const pool = new TransactionPool({
      readySlotsMax: 2,
      tipMin: 5n,
      queuedMs: 10,
      readyMs: 10,
      accountOf: accountOf(),
    })
    filled(pool, transaction('alice 0', 50), transaction('bob 0', 50))
    expect(told(pool.add(transaction('me 0', 1), { isLocal: true }, 0).changes)).toEqual([
      'me 0: ready',
      'bob 0: evicted',
    ])
    pool.add(transaction('me 1', 1), {}, 0)
    expect(pool.add(transaction('carol 0', 99), {}, 0)).toMatchObject({ reason: 'full' })
    expect(told(pool.expire(1000))).toEqual([])
    expect(pool.of('me').length).toBe(2)
  })

  test('gives a sender its share only, and fills a gap at the cost of its own last', () => {
    const pool = new TransactionPool({ accountSlotsMax: 3, accountOf: accountOf() })
    filled(pool, transaction('alice 0'), transaction('alice 2'), transaction('alice 3'))
    expect(pool.add(transaction('alice 4'), {}, 0)).toMatchObject({ reason: 'account-full' })
    const { changes } = pool.add(transaction('alice 1'), {}, 0)
    expect(told(changes)).toEqual(['alice 3: account-full', 'alice 1: ready', 'alice 2: ready'])
  })
})

test('a larger replacement does not push out its own sender, and one that pays nothing replaces nothing', () => {
  const pool = new TransactionPool({ accountSlotsMax: 3, accountOf: accountOf() })
  filled(pool, transaction('alice 0'), transaction('alice 1'), transaction('alice 2'))
  const larger = transaction('alice 2', 99, { id: 'larger', size: 40_000 })
  expect(pool.add(larger, {}, 0)).toEqual({ status: 'refused', reason: 'account-full', changes: [] })
  expect(pool.nextNonce('alice')).toBe(3)
  filled(pool, transaction('bob 0', 0))
  expect(pool.add(transaction('bob 0', 0, { id: 'again' }), {}, 0)).toMatchObject({ reason: 'replacement' })
})

describe('when the chain moves, a pool', () => {
  test('lets go of what is in a block, or can be in none any more', () => {
    const pool = filled(new TransactionPool(), transaction('alice 0'), transaction('alice 1'), transaction('bob 0'))
    const joined = [
      { id: 'alice 0', sender: 'alice', nonce: 0 },
      { id: 'another', sender: 'bob', nonce: 0 },
    ]
    expect(told(pool.update({ joined }, 0))).toEqual(['alice 0: included', 'bob 0: stale'])
    expect(pool.add(transaction('bob 0', 99), {}, 0)).toMatchObject({ reason: 'stale' })
    expect([pool.nextNonce('alice'), pool.nextNonce('bob')]).toEqual([2, 1])
  })

  test('takes back what left with a branch, unless the other branch has it', () => {
    const pool = new TransactionPool()
    const [first, second, third] = [transaction('alice 0'), transaction('alice 1'), transaction('alice 2')]
    filled(pool, first, second, third)
    pool.update({ joined: [first, second] }, 0)
    expect(pool.nextNonce('alice')).toBe(3)
    expect(told(pool.update({ left: [first, second], joined: [first] }, 0))).toEqual([
      'alice 2: queued',
      'alice 1: ready',
      'alice 2: ready',
    ])
    expect(pool.nextNonce('alice')).toBe(3)
  })

  test('orders and evicts by what is left above the base fee', () => {
    const pool = new TransactionPool({ readySlotsMax: 3, accountOf: accountOf() })
    const capped = transaction('alice 0', 0, { feeCap: 30n, tip: 20n })
    filled(pool, capped, transaction('bob 0', 15), transaction('bob 1', 90))
    const best = () => [...pool.best()].map(({ id }) => id)
    expect(best()).toEqual(['alice 0', 'bob 0', 'bob 1'])
    pool.update({ baseFee: 14n }, 0)
    expect(best()).toEqual(['alice 0', 'bob 0', 'bob 1'])
    pool.update({ baseFee: 16n }, 0)
    // Bob's first cannot be in a block now, so neither can his second.
    expect(best()).toEqual(['alice 0'])
    expect(told(pool.add(transaction('carol 0', 17), {}, 0).changes)).toEqual(['carol 0: ready', 'bob 1: evicted'])
  })

  test('follows what the chain says of balances', () => {
    let balance = 10n
    const pool = new TransactionPool({ accountOf: () => ({ nonce: 0, balance }) })
    filled(pool, transaction('alice 0', 10, { cost: 6n }), transaction('alice 1', 10, { cost: 4n }))
    balance = 9n
    expect(told(pool.update({ changed: ['alice'] }, 0))).toEqual(['alice 1: queued'])
  })
})

test('what is queued too long goes, and what is ready much later', () => {
  const pool = new TransactionPool({ queuedMs: 100, readyMs: 1000, accountOf: accountOf() })
  pool.add(transaction('alice 1'), {}, 0)
  pool.add(transaction('bob 0'), {}, 50)
  pool.add(transaction('bob 1'), {}, 60)
  expect(pool.nextWakeup).toBe(100)
  expect(told(pool.expire(99))).toEqual([])
  expect(told(pool.expire(100))).toEqual(['alice 1: expired'])
  expect(pool.nextWakeup).toBe(1050)
  expect(told(pool.expire(1050))).toEqual(['bob 0: expired', 'bob 1: queued'])
  expect(pool.nextWakeup).toBe(1150)
})
