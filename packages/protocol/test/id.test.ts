import { hash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyOf, toHex } from '../src/bytes.ts'
import { gossipId, messageIds, type Sha256, sha256, wireTopic } from '../src/id.ts'

const native: Sha256 = (bytes) => new Uint8Array(hash('sha256', bytes, 'buffer'))

test('the plain and the native hash give the same ids', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat({ max: 5 }), fc.string({ unit: 'grapheme' }), (bytes, count, topic) => {
      expect(messageIds(sha256, bytes, count)).toEqual(messageIds(native, bytes, count))
      expect(gossipId(sha256, topic, bytes)).toEqual(gossipId(native, topic, bytes))
    }),
  )
})

test('message ids are by the formula', () => {
  const signed = Buffer.from('signed')
  const digest = hash('sha256', signed, 'buffer')
  const index = Buffer.from([0, 0, 1, 2])
  const expected = hash('sha256', Buffer.concat([Buffer.from('grapevine-message/1'), digest, index]), 'hex')
  expect(toHex(messageIds(sha256, signed, 259)[258]!)).toBe(expected)
})

test('the ids of one envelope differ, and a longer batch begins with those of a shorter one', () => {
  const ids = messageIds(sha256, new Uint8Array(9), 1024)
  expect(new Set(ids.map(keyOf)).size).toBe(1024)
  expect(messageIds(sha256, new Uint8Array(9), 2)).toEqual(ids.slice(0, 2))
})

test('the gossip id is over topic, zero and every byte', () => {
  const bytes = Uint8Array.of(1, 2)
  expect(toHex(gossipId(sha256, 'tö', bytes))).toBe(hash('sha256', Buffer.from('74c3b6000102', 'hex'), 'hex'))
  expect(gossipId(sha256, 't', bytes)).not.toEqual(gossipId(sha256, 'u', bytes))
})

test('the wire topic begins with the network', () => {
  const networkId = new Uint8Array(32).map((_, i) => i)
  expect(wireTopic(networkId, 'a/b')).toBe('/gv/1/0001020304050607/a/b')
  expect(() => wireTopic(new Uint8Array(8), 'a')).toThrow(expect.objectContaining({ code: 'argument' }))
})
