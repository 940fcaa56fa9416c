import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TransactionPoolOptions } from '@grapevine/protocol/pool'
import { expect, onTestFinished, test } from 'vitest'
import { Journal } from './journal.ts'
import { Mempool } from './mempool.ts'
import { ethereumRules } from './rules.ts'
import { address, type SampleFields, signed } from './sample.ts'

const gwei = 10n ** 9n
const fees = (tip: bigint): SampleFields => ({ maxFeePerGas: 2n * tip, maxPriorityFeePerGas: tip })
const keyOf = (number: number): string => `0x${number.toString(16).padStart(64, '0')}`

function open(options: Partial<TransactionPoolOptions> = {}): {
  readonly pool: Mempool
  readonly judge: (bytes: Uint8Array, peer?: string, now?: number) => string
  readonly changes: string[]
} {
  const changes: string[] = []
  const pool = new Mempool(ethereumRules, options, (change) =>
    changes.push(
      `${change.type === 'dropped' ? change.reason : change.type} ${change.transaction.sender === address ? 'ours' : 'other'} ${change.transaction.nonce}`,
    ),
  )
  const judge = (bytes: Uint8Array, peer = 'peer', now = 0): string => {
    const judged = pool.judge(bytes, { peer, now })
    return `${judged.verdict} ${judged.verdict === 'accept' ? judged.status : judged.reason}`
  }
  return { pool, judge, changes }
}

test('what can be in a block is accepted; what never can be is rejected; the rest is ignored', () => {
  const { judge } = open({ tipMin: gwei })
  const good = signed()
  expect(judge(good.bytes)).toBe('accept ready')
  expect(judge(good.bytes)).toBe('accept known')
  expect(judge(Uint8Array.of(1, 2, 3))).toBe('reject malformed')
  expect(judge(signed('eip1559', { chainId: 5n }).bytes)).toBe('reject wrong-chain')
  expect(judge(signed('eip1559', { gasLimit: 20_999n }).bytes)).toBe('reject intrinsic-gas')
  const nobody = good.bytes.slice()
  nobody.fill(0xff, nobody.length - 65, nobody.length - 33)
  expect(judge(nobody)).toBe('reject bad-signature')
  expect(judge(signed('eip1559', fees(gwei - 1n)).bytes)).toBe('ignore underpriced')
  expect(judge(signed('eip1559', { ...fees(gwei), value: 6n }).bytes)).toBe('ignore replacement')
  expect(judge(signed('eip1559', { ...fees(gwei), nonce: 2n ** 60n }).bytes)).toBe('ignore nonce')
  expect(judge(signed('eip1559', { ...fees(gwei), nonce: 5_000n }).bytes)).toBe('ignore far')
})

test('one that pays a tenth more takes the place of another', () => {
  const { pool, judge, changes } = open()
  const first = signed('eip1559', fees(10n * gwei))
  const second = signed('eip1559', { ...fees(11n * gwei), value: 9n })
  expect([judge(first.bytes), judge(second.bytes)]).toEqual(['accept ready', 'accept ready'])
  expect(changes).toEqual(['ready ours 200', 'replaced ours 200', 'ready ours 200'])
  expect(pool.get(first.hash)).toBeUndefined()
  expect(pool.get(second.hash)?.status).toBe('ready')
  // It may come again, from a peer that has not seen the other: it is not wanted, and that is nobody's fault.
  expect(judge(first.bytes)).toBe('ignore replacement')
})

test('behind a gap a transaction waits, and is ready when the gap is filled', () => {
  const { pool, judge, changes } = open()
  const at = (nonce: bigint): Uint8Array => signed('eip1559', { nonce }).bytes
  expect([judge(at(0n)), judge(at(2n)), judge(at(1n))]).toEqual(['accept ready', 'accept queued', 'accept ready'])
  expect(changes).toEqual(['ready ours 0', 'queued ours 2', 'ready ours 1', 'ready ours 2'])
  expect(pool.nextNonce(address)).toBe(3)
  expect(pool.nextNonce(`0x${'0'.repeat(40)}`)).toBe(0)
})

test('a flood behind gaps fills the room of its own peer only', () => {
  const { pool, judge } = open({ queuedSlotsMax: 20, accountSlotsMax: 8 })
  const send = (sender: number, nonce: number, peer: string): string =>
    judge(signed('eip1559', { nonce: BigInt(nonce) }, keyOf(sender)).bytes, peer)
  expect([send(1, 0, 'honest'), send(1, 2, 'honest')]).toEqual(['accept ready', 'accept queued'])
  const flood: string[] = []
  for (let sender = 2; sender < 12; sender++) {
    send(sender, 0, 'mallory')
    for (let nonce = 2; nonce < 10; nonce++) flood.push(send(sender, nonce, 'mallory'))
  }
  expect(pool.size.queued).toBeLessThanOrEqual(20)
  // Passed on is what had room, and no more; the rest waits in the node, within its bounds.
  expect(flood.filter((said) => said.startsWith('accept')).length).toBeLessThanOrEqual(20)
  expect(new Set(flood)).toEqual(new Set(['accept queued', 'defer queue-full', 'ignore account-full']))
  expect([send(1, 3, 'honest'), send(1, 1, 'honest')]).toEqual(['accept queued', 'accept ready'])
  expect(pool.nextNonce(address)).toBe(0)
})

test('a flood of cheap ones leaves room for those that pay more', () => {
  const { pool, judge } = open({ readySlotsMax: 10 })
  for (let sender = 1; sender <= 30; sender++)
    judge(signed('eip1559', { ...fees(gwei), nonce: 0n }, keyOf(sender)).bytes, 'mallory')
  expect(pool.size.ready).toBe(10)
  expect(judge(signed('eip1559', { ...fees(gwei), nonce: 0n }, keyOf(31)).bytes)).toBe('ignore full')
  expect(judge(signed('eip1559', fees(2n * gwei)).bytes)).toBe('accept ready')
  expect(pool.size.ready).toBe(10)
})

test('without blocks transactions end by age', () => {
  const { pool, judge, changes } = open()
  expect(judge(signed().bytes, 'peer', 1_000)).toBe('accept ready')
  pool.expire(900_999)
  expect(changes).toEqual(['ready ours 200'])
  pool.expire(901_000)
  expect(changes).toEqual(['ready ours 200', 'expired ours 200'])
  expect(pool.size).toEqual({ ready: 0, queued: 0, bytes: 0 })
})

test('a journal gives back what was there, also where its end was cut off, and does not grow for ever', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ethereum-journal-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'pool.journal')
  const journal = new Journal(directory)
  expect(journal.read().kept).toEqual([])
  const [one, other] = [signed(), signed('legacy')]
  for (const { hash, bytes } of [one, other]) journal.add(hash, bytes)
  journal.flush()
  const size = statSync(file).size
  journal.drop(other.hash)
  journal.flush()
  appendFileSync(file, readFileSync(file).subarray(0, 20))
  const saved = new Journal(directory).read()
  expect(saved.kept.map(({ id, bytes }) => [id, bytes])).toEqual([[one.hash, one.bytes]])
  expect(saved.damaged).toBe(1)
  for (let round = 0; round < 10_000; round++) {
    journal.add(other.hash, other.bytes)
    journal.drop(other.hash)
    if (round % 500 === 0) journal.flush()
  }
  journal.flush()
  expect(statSync(file).size).toBeLessThan((1 << 20) + 2 * size + 500_000)
  journal.rewrite()
  expect(new Journal(directory).read()).toMatchObject({ lines: 1, damaged: 0 })
})
