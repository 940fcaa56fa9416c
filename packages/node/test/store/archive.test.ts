import { dirname } from 'node:path'
import { encodeBody, encodeEnvelope, messageIds, signedBytes } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import { sha256 } from '../../src/crypto.ts'
import { MessageLog } from '../../src/history/log.ts'
import { Log } from '../../src/log/log.ts'
import { Archive } from '../../src/store/archive.ts'
import { authorCalled, newYear, recordNumber } from './records.ts'
import { withFolder } from './with-store.ts'

const network = { id: new Uint8Array(32).fill(3) }
const perEnvelope = 1_024
const envelopes = 40

/** An envelope as full as can be of the smallest messages. */
function fullEnvelope(number: number): ReturnType<typeof recordNumber> {
  const sequence = number * perEnvelope + 1
  const messages = Array.from({ length: perEnvelope }, (_, index) => new TextEncoder().encode(`${sequence + index}`))
  const time = newYear + number
  const body = encodeBody({ author: authorCalled('ada'), epoch: 7, sequence, time, parents: [], messages })
  const ids = messageIds(sha256, signedBytes(network.id, 'chat', body), perEnvelope)
  const keys = Buffer.concat(ids.map((id) => id.subarray(0, 16)))
  return recordNumber(sequence, { time, count: perEnvelope, keys, bytes: encodeEnvelope(body, new Uint8Array(64)) })
}

/** An envelope of one message. */
function lone(sequence: number, author = authorCalled('ada')): ReturnType<typeof recordNumber> {
  const time = newYear + sequence
  const messages = [new TextEncoder().encode(`${sequence}`)]
  const body = encodeBody({ author, epoch: 7, sequence, time, parents: [], messages })
  const [id] = messageIds(sha256, signedBytes(network.id, 'chat', body), 1)
  const bytes = encodeEnvelope(body, new Uint8Array(64))
  return recordNumber(sequence, { author, time, keys: id!.slice(0, 16), bytes })
}

test('a reader of full envelopes gets several of them in a page, each whole, and none in two pages', () =>
  withFolder(async (path) => {
    const archive = await Archive.open({ home: dirname(path), network, log: new Log() })
    try {
      await archive.store.append(Array.from({ length: envelopes }, (_, number) => fullEnvelope(number)))
      const pages: number[][] = []
      for (let after = 0, isCut = true; isCut;) {
        const page = await archive.page(new Set(['chat']), after)
        pages.push(Array.from(page.messages, ({ arrival }) => arrival!))
        ;({ upTo: after, isCut } = page)
      }
      const count = envelopes * perEnvelope
      expect(pages.flat()).toEqual(Array.from({ length: count }, (_, index) => index + 1))
      expect(pages.every(({ length }) => length % perEnvelope === 0)).toBe(true)
      expect(pages.length).toBeLessThan(envelopes / 4)
      const { messages } = await archive.page(new Set(['chat']), perEnvelope / 2)
      expect(messages[Symbol.iterator]().next().value).toMatchObject({ arrival: perEnvelope / 2 + 1 })
    } finally {
      await archive.close()
    }
  }))

test('a page of what is being let go is not the end of the past', () =>
  withFolder(async (path) => {
    const archive = await Archive.open({ home: dirname(path), network, log: new Log() })
    const log = new MessageLog(archive.store, network.id)
    try {
      const { store } = archive
      const author = authorCalled('bob')
      await store.append(Array.from({ length: 3_000 }, (_, number) => lone(number + 1, author)))
      await store.append(Array.from({ length: 20 }, (_, number) => lone(number + 3_001)))
      // Bob has more than half: what is above his floor is 100, and the rest goes a thousand at a time, meanwhile.
      const retaining = store.retain('chat', { capacity: 200 }, newYear)
      const counts = [20]
      do {
        counts.push(
          (await Array.fromAsync(log.messages({ topics: ['chat'] }))).filter(({ sequence }) => sequence > 3_000).length,
        )
      } while (!(await isSettled(retaining)))
      expect(new Set(counts)).toEqual(new Set([20]))
      let after = 0
      for (let isCut = true; isCut;) ({ upTo: after, isCut } = await archive.page(new Set(['chat']), after))
      expect(after).toBeGreaterThanOrEqual(3_020)
    } finally {
      await archive.close()
    }
  }))

const isSettled = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))])
