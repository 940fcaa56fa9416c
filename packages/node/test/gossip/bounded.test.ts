import { randomBytes } from 'node:crypto'
import { describe, expect, test, vi } from 'vitest'
import { BoundedDeliveryRecords } from '../../src/gossip/delivery-records.ts'
import type { RpcMessage } from '../../src/gossip/internals.ts'
import { BoundedMessageCache } from '../../src/gossip/message-cache.ts'
import { BoundedSeenCache } from '../../src/gossip/seen-cache.ts'

const idOf = (value: number): { msgId: Uint8Array; msgIdStr: string } => {
  const msgId = new Uint8Array(32)
  new DataView(msgId.buffer).setUint32(0, value)
  return { msgId, msgIdStr: Buffer.from(msgId).toString('hex') }
}
const nameOf = (value: number): string => idOf(value).msgIdStr
const messageOf = (bytes: number, topic = 't'): RpcMessage => ({ topic, data: new Uint8Array(bytes) })

function cacheOf(bytesMax: number) {
  const onCopy = vi.fn<(id: string, from: string) => void>()
  return { onCopy, cache: new BoundedMessageCache({ bytesMax, windows: 5, gossipWindows: 3, events: { onCopy } }) }
}

describe('the message cache', () => {
  test('never holds more than its bytes, and drops the oldest', () => {
    const { cache } = cacheOf(100_000)
    for (let value = 0; value < 1_000; value++) {
      cache.put(idOf(value), messageOf(value % 7 === 0 ? 10_000 : 10))
      expect(cache.bytes).toBeLessThanOrEqual(100_000)
    }
    expect(cache.dataOf(nameOf(0))).toBeUndefined()
    expect(cache.dataOf(nameOf(999))).toBeDefined()
    for (let value = 0; value < 1_000; value++) cache.remove(nameOf(value))
    expect([cache.size, cache.bytes]).toEqual([0, 0])
  })

  test('forgets a message after five heartbeats and gossips about it in the first three, once it is accepted', () => {
    const { cache } = cacheOf(100_000)
    cache.put(idOf(1), messageOf(10))
    cache.put(idOf(2), messageOf(10), true)
    cache.put(idOf(3), messageOf(10, 'u'), true)
    const gossiped: number[] = []
    const held: number[] = []
    for (let heartbeat = 0; heartbeat < 6; heartbeat++) {
      gossiped.push(cache.getGossipIDs(new Set(['t'])).get('t')?.length ?? 0)
      held.push(cache.size)
      cache.shift()
    }
    expect(gossiped).toEqual([1, 1, 1, 0, 0, 0])
    expect(held).toEqual([3, 3, 3, 3, 3, 0])
  })

  test('remembers who sent copies while a message is checked, and reports every copy', () => {
    const { cache, onCopy } = cacheOf(100_000)
    cache.put(idOf(1), messageOf(10))
    cache.observeDuplicate(nameOf(1), 'a')
    expect(cache.validate(nameOf(1))?.originatingPeers).toEqual(new Set(['a']))
    cache.observeDuplicate(nameOf(1), 'b')
    expect(cache.validate(nameOf(1))?.originatingPeers).toEqual(new Set())
    expect(onCopy.mock.calls).toEqual([
      [nameOf(1), 'a'],
      [nameOf(1), 'b'],
    ])
  })

  test('counts how often a peer asked, and names the messages that pass', () => {
    const { cache } = cacheOf(100_000)
    const message = messageOf(10)
    cache.put(idOf(1), message)
    expect(cache.put(idOf(1), messageOf(10))).toBe(false)
    expect(cache.getWithIWantCount(nameOf(1), 'a')?.count).toBe(1)
    expect(cache.getWithIWantCount(nameOf(1), 'a')?.count).toBe(2)
    expect(cache.getWithIWantCount(nameOf(1), 'b')?.count).toBe(1)
    expect(cache.getWithIWantCount(nameOf(2), 'b')).toBeNull()
    expect(cache.nameOf(message)).toBe(nameOf(1))
  })

  test('does not keep a whole RPC alive for a small message in it', () => {
    const { cache } = cacheOf(100_000)
    const rpc = new Uint8Array(1 << 20)
    cache.put(idOf(1), { topic: 't', data: rpc.subarray(5, 105) })
    expect(cache.dataOf(nameOf(1))?.buffer.byteLength).toBe(100)
  })

  test('takes an author off, but where messages are signed: there all of it is kept, counted and copied', () => {
    const parts = { from: 38, seqno: 8, signature: 64, key: 36, data: 100 } as const
    const rpc = new Uint8Array(1 << 20)
    const message = (): RpcMessage => ({
      topic: 't',
      ...Object.fromEntries(Object.entries(parts).map(([name, size]) => [name, rpc.subarray(5, 5 + size)])),
    })
    const { cache } = cacheOf(100_000)
    cache.put(idOf(1), message())
    expect(cache.getWithIWantCount(nameOf(1), 'a')?.msg).not.toHaveProperty('from')
    const signed = new BoundedMessageCache({
      bytesMax: 100_000,
      windows: 5,
      gossipWindows: 3,
      keepsAuthors: true,
      events: { onCopy: () => undefined },
    })
    signed.put(idOf(1), message())
    const { msg } = signed.getWithIWantCount(nameOf(1), 'a')!
    for (const [name, size] of Object.entries(parts))
      expect(msg[name as keyof typeof parts]?.buffer.byteLength).toBe(size)
    expect(signed.bytes - (cache.bytes - 100 - 8 - 64 - 36)).toBe(38 + 8 + 64 + 36 + 100)
  })

  test('keeps nothing of what was rejected', () => {
    const { cache } = cacheOf(12 << 20)
    for (let value = 0; value < 1_000; value++) {
      cache.put(idOf(value), messageOf(10))
      cache.remove(nameOf(value))
    }
    expect([cache.size, cache.bytes, cache.notValidatedCount]).toEqual([0, 0, 0])
  })
})

describe('the seen cache', () => {
  test('holds ids for one to two periods', () => {
    let now = 0
    const cache = new BoundedSeenCache({ idsMin: 100, salt: 1, ttlMs: 1_000, now: () => now })
    const key = randomBytes(32).toString('hex')
    expect([cache.put(key), cache.put(key), cache.has(key)]).toEqual([false, true, true])
    const held: boolean[] = []
    for (now = 500; now <= 2_500; now += 500) {
      cache.prune()
      held.push(cache.has(key))
    }
    expect(held).toEqual([true, true, true, false, false])
  })

  test('tells ids apart that begin alike, as those of one author do', () => {
    const cache = new BoundedSeenCache({ idsMin: 100, salt: 1, ttlMs: 1_000, now: () => 0 })
    const author = randomBytes(38).toString('hex')
    const [one, two] = [`${author}0000000000000001`, `${author}0000000000000002`]
    expect([cache.put(one), cache.has(two), cache.has(one)]).toEqual([false, false, true])
  })

  test('has bounded memory whatever the number of ids, and can be cleared', () => {
    const cache = new BoundedSeenCache({ idsMin: 1 << 14, salt: 1, ttlMs: 1_000, now: () => 0 })
    for (let value = 0; value < 100_000; value++) cache.put(nameOf(value))
    expect(cache.size).toBeLessThanOrEqual(2 << 14)
    expect(cache.byteLength).toBeLessThanOrEqual(2 * (1 << 15) * 16)
    cache.clear()
    expect(cache.size).toBe(0)
  })
})

test('delivery records are bounded and expire', () => {
  let now = 0
  const records = new BoundedDeliveryRecords({ recordsMax: 100, ttlMs: 1_000, wall: () => now })
  for (let value = 0; value < 1_000; value++) records.ensureRecord(`${value}`)
  expect(records.size).toBeGreaterThan(90)
  expect(records.size).toBeLessThanOrEqual(100)
  expect(records.getRecord('0')).toBeUndefined()
  expect(records.ensureRecord('999')).toBe(records.getRecord('999'))
  now = 1_001
  records.ensureRecord('new')
  records.gc()
  expect(records.size).toBe(1)
  records.clear()
  expect(records.size).toBe(0)
})
