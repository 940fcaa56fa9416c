/**
 * Transactions added to a pool per second: of many senders in order, into a full pool that evicts for each, replacements, and a
 * flood that is refused; orphans parked and let go per second. Seconds are of processor time, so that a busy machine harms little; median
 * of 5 rounds.
 *
 *     node --conditions=@grapevine/source packages/protocol/test/pool/pool.bench.ts
 */
import { OrphanPool, type PoolTransaction, TransactionPool, transactionPoolOptions } from '../../src/pool/index.ts'

const count = 200_000
const roomy = { ...transactionPoolOptions, readySlotsMax: count, readyBytesMax: count * 1000 }

function transactionOf(index: number, senders: number, fee: number): PoolTransaction<undefined> {
  return {
    id: `0x${index.toString(16).padStart(64, '0')}`,
    sender: `0x${(index % senders).toString(16).padStart(40, '0')}`,
    nonce: Math.floor(index / senders),
    feeCap: BigInt(fee + 50),
    tip: BigInt(fee),
    size: 120,
    cost: 21_000n,
    item: undefined,
  }
}

const inOrder = Array.from({ length: count }, (_, index) => transactionOf(index, 10_000, 1 + ((index * 7919) % 1000)))
const rising = Array.from({ length: count }, (_, index) => transactionOf(index, count, 1 + index))
const falling = Array.from({ length: count }, (_, index) => transactionOf(index, count, 1 + count - index))
const bids = Array.from({ length: count }, (_, index) => ({
  ...transactionOf(index % 4000, 4000, 0),
  id: `bid ${index}`,
  feeCap: 10n ** BigInt(2 + Math.floor(index / 4000)),
  tip: 10n ** BigInt(2 + Math.floor(index / 4000)),
}))
const gapped = Array.from({ length: count }, (_, index) => ({ ...transactionOf(index, count, 5), nonce: 3 }))

const accountOf = () => ({ nonce: 0, balance: 10n ** 18n })
const adds = (options: Partial<typeof roomy>, transactions: readonly PoolTransaction<undefined>[]): void => {
  const pool = new TransactionPool({ ...options, accountOf })
  for (const [now, transaction] of transactions.entries()) pool.add(transaction, { peer: `p${now % 8}` }, now)
}

report('in order, 10,000 senders, nothing evicted', () => adds(roomy, inOrder))
report('each pays more, 5,120 kept', () => adds({}, rising))
report('each pays less, 5,120 kept, refused', () => adds({}, falling))
report('each replaces another', () => adds({}, bids))
report('each behind a gap, 1,024 kept', () => adds({}, gapped))
report('orphans parked, then let go by their parents', () => {
  const pool = new OrphanPool({ countMax: count, weightMax: count * 1000 })
  for (let index = 0; index < count; index++) {
    pool.add({ id: `c${index}`, parents: [`p${index}`], item: undefined, weight: 300, peer: `${index % 8}` }, index)
  }
  for (let index = 0; index < count; index++) pool.resolve(`p${index}`)
})
report('orphans of a flooder, 3,000 kept', () => {
  const pool = new OrphanPool()
  for (let index = 0; index < count; index++) {
    pool.add({ id: `c${index}`, parents: [`p${index}`], item: undefined, weight: 300, peer: 'flooder' }, index)
  }
})

function report(name: string, run: () => void): void {
  const rates = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(before)
    return (count * 1e6) / (user + system)
  })
  const rate = rates.toSorted((a, b) => a - b)[2]!
  console.log(`${name.padEnd(48)} ${Math.round(rate).toLocaleString('en')}/s`)
}
