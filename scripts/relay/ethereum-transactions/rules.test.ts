import { expect, test } from 'vitest'
import { ethereumRules, faultOf, type EthereumRules, type TransactionFault } from './rules.ts'
import { type SampleFields, type samples, sampleTypes, signed } from './sample.ts'
import { decodeTransaction, type EthereumTransaction } from './transaction.ts'

type Type = keyof typeof samples

const fault = (
  type: Type,
  fields: SampleFields = {},
  rules: Partial<EthereumRules> = {},
): TransactionFault | undefined =>
  faultOf(decodeTransaction(signed(type, fields).bytes)!, { ...ethereumRules, ...rules })

test.each(sampleTypes)('a sound transaction of type %s has no fault', (type) => {
  expect(fault(type)).toBeUndefined()
})

const zeros = (count: number): string => `0x${'00'.repeat(count)}`
const ones = (count: number): string => `0x${'01'.repeat(count)}`
const blob = `0x01${'33'.repeat(31)}`

test.each<[TransactionFault, Type, Partial<EthereumTransaction>]>([
  ['wrong-chain', 'eip1559', { chainId: 5n }],
  ['wrong-chain', 'legacy', { chainId: 5n }],
  ['unprotected', 'legacy', { chainId: undefined }],
  ['nonce-too-high', 'eip1559', { nonce: 2n ** 64n - 1n }],
  ['tip-above-fee-cap', 'eip1559', { tip: 2n * 10n ** 9n + 1n }],
  ['gas-above-limit', 'eip1559', { gasLimit: 16_777_217n }],
  ['overflow', 'eip1559', { value: 2n ** 256n - 1n }],
  ['overflow', 'eip1559', { feeCap: 2n ** 255n }],
  ['creates-contract', 'eip4844', { to: undefined }],
  ['creates-contract', 'eip7702', { to: undefined }],
  ['init-code-too-large', 'eip1559', { to: undefined, data: new Uint8Array(49_153) }],
  ['no-blobs', 'eip4844', { blobHashes: [] }],
  ['too-many-blobs', 'eip4844', { blobHashes: Array.from({ length: 7 }, () => Uint8Array.of(1)) }],
  ['bad-blob-hash', 'eip4844', { blobHashes: [Uint8Array.of(2)] }],
  ['no-authorizations', 'eip7702', { authorizations: [] }],
])('%s is found in type %s', (expected, type, change) => {
  const sound = decodeTransaction(signed(type).bytes)!
  expect(faultOf({ ...sound, ...change }, ethereumRules)).toBe(expected)
})

test('the higher s of two is refused', () => {
  const sound = decodeTransaction(signed().bytes)!
  const signature = sound.signature.slice()
  signature.set(Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex'), 32)
  expect(faultOf({ ...sound, signature }, ethereumRules)).toBeUndefined()
  signature[63]!++
  expect(faultOf({ ...sound, signature }, ethereumRules)).toBe('high-s')
})

test.each<[string, Type, SampleFields, gas: bigint, less: TransactionFault]>([
  ['a plain transfer', 'eip1559', {}, 21_000n, 'intrinsic-gas'],
  // The floor for data (EIP-7623) is above what data cost before.
  ['zeros', 'eip1559', { data: zeros(100) }, 22_000n, 'floor-gas'],
  ['other bytes', 'eip1559', { data: ones(100) }, 25_000n, 'floor-gas'],
  ['a contract', 'eip1559', { to: '0x', data: ones(33) }, 21_000n + 32_000n + 33n * 16n + 4n, 'intrinsic-gas'],
  ['an access list', 'eip2930', {}, 25_300n, 'intrinsic-gas'],
  ['a delegation', 'eip7702', {}, 46_000n, 'intrinsic-gas'],
])('gas for %s suffices, and one less does not', (_, type, fields, gasLimit, less) => {
  expect(fault(type, { ...fields, gasLimit })).toBeUndefined()
  expect(fault(type, { ...fields, gasLimit: gasLimit - 1n })).toBe(less)
})

test('other chains have other rules', () => {
  expect(fault('eip1559', { chainId: 5n }, { chainId: 5n })).toBeUndefined()
  expect(fault('legacy', { chainId: undefined }, { takesUnprotected: true })).toBeUndefined()
  expect(fault('eip1559', { gasLimit: 30_000_000n }, { gasLimitMax: 30_000_000n })).toBeUndefined()
  const six = Array.from({ length: 6 }, () => blob)
  expect(fault('eip4844', { blobVersionedHashes: six })).toBeUndefined()
  expect(fault('eip4844', { blobVersionedHashes: six }, { blobsMax: 5 })).toBe('too-many-blobs')
})
