import { fromHex } from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import { encodeHeader, parseHeader } from './header.ts'
import { bitcoinNetworks } from './network.ts'
import { type Ancestry, chainFaultOf, medianTime, nextBits, ownFaultOf, retarget } from './rules.ts'
import { bitsOf, targetOf, workOf } from './target.ts'

const { mainnet, testnet3, testnet4, regtest } = bitcoinNetworks
const chain = (
  blocks: readonly { readonly time: number; readonly bits: number }[],
  height = blocks.length - 1,
): Ancestry => ({
  height,
  at: (at) => blocks[at - (height + 1 - blocks.length)]!,
})

test.each([
  [mainnet, '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'],
  [testnet3, '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943'],
  [testnet4, '00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043'],
  [regtest, '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'],
])('the first block of $name has the hash that everybody knows, and its work', (network, hash) => {
  const bytes = fromHex(network.genesis)!
  const header = parseHeader(bytes)
  expect(header.hash).toBe(hash)
  expect(encodeHeader(header)).toEqual(bytes)
  expect(ownFaultOf(header, network)).toBeUndefined()
  expect(ownFaultOf({ ...header, bits: header.bits + 0x0100_0000 }, network)).toBe('bad-target')
  expect(ownFaultOf({ ...header, hash: 'f'.repeat(64) }, network)).toBe('no-work')
})

// The cases of Bitcoin Core's src/test/pow_tests.cpp: times are of real blocks.
describe('a target after a period', () => {
  test.each([
    ['follows the time that it took (block 32,256)', 1261130161, 1262152739, 0x1d00ffff, 0x1d00d86a],
    ['is not easier than the easiest (block 2,016)', 1231006505, 1233061996, 0x1d00ffff, 0x1d00ffff],
    ['falls to a quarter at most (block 68,544)', 1279008237, 1279297671, 0x1c05a3f4, 0x1c0168fd],
    ['rises to four times at most (block 46,368)', 1263163443, 1269211443, 0x1c387f6f, 0x1d00e1fd],
  ])('%s', (_, first, last, bits, expected) => {
    expect(retarget(bits, last - first, mainnet).toString(16)).toBe(expected.toString(16))
  })
})

test('compact targets are read and written as Bitcoin Core does', () => {
  // src/test/arith_uint256_tests.cpp
  for (const none of [
    0, 0x00123456, 0x01003456, 0x02000056, 0x04000000, 0x00923456, 0x01803456, 0x04923456, 0x01fedcba, 0xff123456,
  ])
    expect(targetOf(none)).toBeUndefined()
  const pairs = [
    [0x01123456, 0x12n, 0x01120000],
    [0x02123456, 0x1234n, 0x02123400],
    [0x03123456, 0x123456n, 0x03123456],
    [0x04123456, 0x12345600n, 0x04123456],
    [0x05009234, 0x92340000n, 0x05009234],
  ] as const
  for (const [bits, target, again] of pairs) {
    expect(targetOf(bits)).toBe(target)
    expect(bitsOf(target)).toBe(again)
  }
  expect(bitsOf(0x80n)).toBe(0x02008000)
  // The work of the first block, as every client shows it.
  expect(workOf(targetOf(0x1d00ffff)!)).toBe(0x100010001n)
})

test('a block has to be later than the median of the eleven before, not than its parent', () => {
  const blocks = Array.from({ length: 20 }, (_, at) => ({ time: 1_000_000 + 600 * at, bits: mainnet.easiestBits }))
  const parents = chain(blocks)
  expect(medianTime(parents)).toBe(blocks[14]!.time)
  const header = { ...parseHeader(fromHex(mainnet.genesis)!), time: blocks[14]!.time + 1 }
  expect(chainFaultOf(header, parents, mainnet)).toBeUndefined()
  expect(chainFaultOf({ ...header, time: blocks[14]!.time }, parents, mainnet)).toBe('time-too-old')
  expect(chainFaultOf({ ...header, bits: header.bits - 1 }, parents, mainnet)).toBe('wrong-bits')
})

test('old versions end at the heights of mainnet', () => {
  const blocks = Array.from({ length: 12 }, (_, at) => ({ time: 1_400_000_000 + at, bits: 0x1b0404cb }))
  const header = { ...parseHeader(fromHex(mainnet.genesis)!), time: 1_400_001_000, bits: 0x1b0404cb }
  const faultAt = (height: number, version: number): string | undefined =>
    chainFaultOf({ ...header, version }, chain(blocks, height - 1), mainnet)
  expect([faultAt(227_930, 1), faultAt(227_931, 1), faultAt(227_931, 2)]).toEqual([undefined, 'old-version', undefined])
  expect([faultAt(363_724, 2), faultAt(363_725, 2), faultAt(363_725, 3)]).toEqual([undefined, 'old-version', undefined])
  expect([faultAt(388_380, 3), faultAt(388_381, 3), faultAt(388_381, 4)]).toEqual([undefined, 'old-version', undefined])
})

test('on a test network a late block may be easy, and what follows it is not', () => {
  const hard = 0x1c00ffff
  const blocks = [hard, hard, testnet3.easiestBits].map((bits, at) => ({ time: 600 * at, bits }))
  const last = blocks.at(-1)!.time
  expect(nextBits({ time: last + 1201 }, chain(blocks), testnet3)).toBe(testnet3.easiestBits)
  expect(nextBits({ time: last + 1200 }, chain(blocks), testnet3)).toBe(hard)
  // At the end of a period the last target counts, easy or not; with BIP 94 that of the first block does.
  const period = Array.from({ length: 2016 }, (_, at) => ({
    time: 600 * at,
    bits: at === 2015 ? testnet3.easiestBits : hard,
  }))
  const seconds = 600 * 2015
  expect(nextBits({ time: 0 }, chain(period), testnet3)).toBe(retarget(testnet3.easiestBits, seconds, testnet3))
  expect(nextBits({ time: 0 }, chain(period), testnet4)).toBe(retarget(hard, seconds, testnet4))
  const header = { ...parseHeader(fromHex(testnet4.genesis)!), version: 4, bits: retarget(hard, seconds, testnet4) }
  expect(chainFaultOf({ ...header, time: seconds - 599 }, chain(period), testnet4)).toBeUndefined()
  expect(chainFaultOf({ ...header, time: seconds - 601 }, chain(period), testnet4)).toBe('time-warp')
  expect(nextBits({ time: 0 }, chain(period), regtest)).toBe(period.at(-1)!.bits)
})
