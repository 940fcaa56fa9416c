import { expect, test } from 'vitest'
import {
  completeDefinition,
  definitionHash,
  formatHashId,
  fromHex,
  hashIdOf,
  parseHashId,
  sha256,
  toHex,
} from '../src/index.ts'

const genesis = fromHex(
  '01000000' +
    '0000000000000000000000000000000000000000000000000000000000000000' +
    '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a' +
    '29ab5f49ffff001d1dac2b7c',
)!

test('the id of a Bitcoin header is the hash that block explorers show, whatever follows the header', () => {
  const rule = parseHashId('sha256d:80:reversed')!
  const hash = '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'
  expect(toHex(hashIdOf(rule, genesis)!)).toBe(hash)
  expect(toHex(hashIdOf(rule, Uint8Array.of(...genesis, 1, 2, 3))!)).toBe(hash)
  expect(hashIdOf(rule, genesis.subarray(0, 79))).toBeUndefined()
})

test('keccak256 is Ethereum’s, not SHA-3', () => {
  const empty = hashIdOf({ hash: 'keccak256' }, new Uint8Array(0))!
  expect(toHex(empty)).toBe('c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
})

test('rules are written in one way, and read back', () => {
  for (const text of ['keccak256', 'sha256d', 'sha256:1', 'sha256d:80:reversed', 'keccak256:reversed'])
    expect(formatHashId(parseHashId(text)!)).toBe(text)
  for (const text of ['md5', 'sha256:0', 'sha256:70000', 'sha256:080', 'keccak256:', 'reversed', 'sha256:reversed:80'])
    expect(parseHashId(text)).toBeUndefined()
})

test('a definition takes a rule, refuses what is none, and has one form for the plain SHA-256', () => {
  const id = { hash: 'sha256d', bytes: 80, reversed: true } as const
  expect(completeDefinition({ name: 'headers', id }).id).toEqual(id)
  const plain = completeDefinition({ name: 'plain', id: { hash: 'sha256' } })
  expect(definitionHash(plain)).toEqual(definitionHash(completeDefinition({ name: 'plain', id: 'content' })))
  expect(hashIdOf({ hash: 'sha256' }, genesis)).toEqual(sha256(genesis))
  for (const wrong of [{ hash: 'md5' }, { ...id, bytes: 0 }, { ...id, reversed: false }, { ...id, more: 1 }])
    expect(() => completeDefinition({ name: 'headers', id: wrong as never })).toThrow('id: expected')
})
