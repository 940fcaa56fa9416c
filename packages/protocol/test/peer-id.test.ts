import { base58 } from '@scure/base'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex } from '../src/bytes.ts'
import { authorFromMultihash, keyFromPeerId, peerIdFromKey, peerIdOfAuthor, shortPeer } from '../src/peer-id.ts'
import { bytesOf } from './arbitrary.ts'

test('a peer id is 12D3Koo… of 52 characters and gives its key back', () => {
  fc.assert(
    fc.property(bytesOf(32), (key) => {
      const peerId = peerIdFromKey(key)
      expect(peerId).toMatch(/^12D3Koo[1-9A-HJ-NP-Za-km-z]{45}$/)
      expect(keyFromPeerId(peerId)).toEqual(key)
    }),
  )
  for (const fill of [0, 255]) expect(peerIdFromKey(new Uint8Array(32).fill(fill))).toHaveLength(52)
})

test('the key of the libp2p peer id specification has its known peer id', () => {
  // The Ed25519 public key among the test vectors of specs/peer-ids/peer-ids.md.
  const key = fromHex('1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e')!
  expect(peerIdFromKey(key)).toBe('12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq')
})

test.each([
  '',
  'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N',
  '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3p',
  '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3p0',
  '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3p\n',
  ' 12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3p',
  'z'.repeat(52),
  '1'.repeat(52),
  '16Uiu2HAkvzPHW8nyPKnWALSw8h2TiGyZuT1VFYBrFrh7ChTYSJTP',
])('%j is no Ed25519 peer id', (text) => {
  expect(keyFromPeerId(text)).toBeUndefined()
})

test('a peer id is short by its tail', () => {
  expect(shortPeer(peerIdFromKey(new Uint8Array(32)))).toMatch(/^….{6}$/)
  expect(() => peerIdFromKey(new Uint8Array(31))).toThrow(expect.objectContaining({ code: 'argument' }))
})

test('an author is named by its Ed25519 key, or by the bytes of a peer id of another kind', () => {
  const key = fromHex('1ed1e8fae2c4a144b8be8fd4b47bf3d3b34b871c3cacf6010f0e42d474fce27e')!
  const ed25519 = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20, ...key)
  expect(authorFromMultihash(ed25519)).toEqual(key)
  expect(peerIdOfAuthor(key)).toBe('12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq')
  // The RSA key among the vectors of the same specification.
  const rsa = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'
  const multihash = base58.decode(rsa)
  expect(authorFromMultihash(multihash)).toEqual(multihash)
  expect(peerIdOfAuthor(multihash)).toBe(rsa)
})
