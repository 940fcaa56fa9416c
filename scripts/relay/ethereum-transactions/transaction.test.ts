import fc from 'fast-check'
import { Transaction } from 'micro-eth-signer'
import { expect, test } from 'vitest'
import { address, sampleTypes, samples, signed, to } from './sample.ts'
import { isNative, recoverPure, senderOf } from './sender.ts'
import { decodeTransaction } from './transaction.ts'

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'))

test('the example of EIP-155 is read, and its sender found', () => {
  const bytes = hex(
    'f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0' +
      '28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a0' +
      '67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83',
  )
  const transaction = decodeTransaction(bytes)!
  expect(transaction).toMatchObject({ type: 0, chainId: 1n, nonce: 9n, gasLimit: 21_000n, yParity: 0 })
  expect(transaction).toMatchObject({ feeCap: 20_000_000_000n, tip: 20_000_000_000n, value: 10n ** 18n })
  expect(transaction.to).toEqual(hex('35'.repeat(20)))
  expect(senderOf(transaction)).toBe('0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f')
  expect(senderOf(transaction, recoverPure)).toBe(senderOf(transaction))
})

test.each(sampleTypes)('what another library signs as %s is read to the last field', (type) => {
  const made = signed(type)
  const transaction = decodeTransaction(made.bytes)!
  expect(transaction.hash).toBe(made.hash)
  expect(senderOf(transaction)).toBe(address)
  expect(senderOf(transaction, recoverPure)).toBe(address)
  const { nonce, gasLimit, chainId, value } = samples[type]
  expect(transaction).toMatchObject({ type: sampleTypes.indexOf(type), nonce, gasLimit, chainId, value })
  expect(transaction.to).toEqual(hex(to.slice(2)))
})

test('lists are read: access, blobs, delegations', () => {
  const access = decodeTransaction(signed('eip2930').bytes)!.accessList
  expect(access).toEqual([{ address: hex('11'.repeat(20)), storageKeys: [hex('22'.repeat(32))] }])
  const blobs = decodeTransaction(signed('eip4844').bytes)!
  expect(blobs.blobHashes).toEqual([hex(`01${'33'.repeat(31)}`)])
  expect(blobs.blobFeeCap).toBe(7n)
  const [authorization] = decodeTransaction(signed('eip7702').bytes)!.authorizations
  expect(authorization).toEqual({ chainId: 1n, address: hex('11'.repeat(20)), nonce: 300n, yParity: 1n, r: 5n, s: 6n })
})

test('a contract is created where nothing is named, and old transactions name no chain', () => {
  expect(decodeTransaction(signed('legacy', { to: '0x', data: '0x6001', gasLimit: 60_000n }).bytes)).toMatchObject({
    to: undefined,
    data: hex('6001'),
  })
  const unprotected = signed('legacy', { chainId: undefined })
  const transaction = decodeTransaction(unprotected.bytes)!
  expect(transaction.chainId).toBeUndefined()
  expect(senderOf(transaction)).toBe(address)
})

test('a signature that is nobody’s has no sender, native or not', () => {
  const { bytes } = signed()
  const broken = bytes.slice()
  // r beyond the order of the curve.
  broken.fill(0xff, bytes.length - 65, bytes.length - 33)
  for (const recover of [undefined, recoverPure]) expect(senderOf(decodeTransaction(broken)!, recover)).toBeUndefined()
  console.log(`senders are found by ${isNative ? 'native code' : 'JavaScript'}`)
})

test.each([
  ['nothing', ''],
  ['a type that is not known', '05c0'],
  ['an envelope of type 0', '00c0'],
  ['a list without fields', 'c0'],
  ['an item instead of a list', '83616263'],
  ['a list that is longer than the bytes', 'f8ff'],
  ['a length with a zero before it', 'f90001'],
  ['a length of eight bytes', 'ffffffffffffffffff'],
])('%s is no transaction', (_, text) => {
  expect(decodeTransaction(hex(text))).toBeUndefined()
})

test('a byte too many or too few makes it none', () => {
  for (const type of sampleTypes) {
    const { bytes } = signed(type)
    expect(decodeTransaction(Uint8Array.from([...bytes, 0]))).toBeUndefined()
    for (let size = 0; size < bytes.length; size++) expect(decodeTransaction(bytes.subarray(0, size))).toBeUndefined()
  }
})

/** As the other library writes it; what that refuses by rules instead of by form is taken as it is. */
function writtenAgain(bytes: Uint8Array): Uint8Array {
  try {
    return Transaction.fromBytes(bytes, false).toBytes()
  } catch (error) {
    // Also for the parity of a delegation, which EIP-7702 lets be any byte.
    if (/fields had validation errors|yParity wrong/.test(String(error))) return bytes
    throw error
  }
}

test('whatever comes, nothing is thrown; what is taken, another library takes too and writes in the same bytes', () => {
  const base = sampleTypes.map((type) => signed(type).bytes)
  const change = fc.record({ at: fc.nat(300), to: fc.nat(255), cut: fc.integer({ min: 0, max: 2 }) })
  let taken = 0
  fc.assert(
    fc.property(fc.nat(4), fc.array(change, { minLength: 1, maxLength: 3 }), (type, changes) => {
      const bytes = [...base[type]!]
      for (const { at, to: byte, cut } of changes) bytes.splice(at % bytes.length, cut, byte)
      const transaction = decodeTransaction(Uint8Array.from(bytes))
      if (transaction === undefined) return
      taken++
      senderOf(transaction)
      expect(writtenAgain(Uint8Array.from(bytes))).toEqual(Uint8Array.from(bytes))
    }),
    { numRuns: 3_000 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeTransaction(bytes)))
  expect(taken).toBeGreaterThan(100)
})
