import { createPrivateKey, createPublicKey, sign, verify as verifyWith } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes, concatBytes, equalBytes, fromHex, toHex } from '../../src/bytes.ts'
import { sha256 } from '../../src/id.ts'
import { checkReceiptAnswer } from '../../src/receipt/check.ts'
import { checkReceiptFile, fileReceipts, readReceiptFile } from '../../src/receipt/file.ts'
import {
  decodeReceiptAnswer,
  decodeReceiptRequest,
  encodeReceiptAnswer,
  encodeReceiptRequest,
  receiptFrameSizeMax,
  type ReceiptAnswer,
  type ReceiptRequest,
} from '../../src/receipt/frame.ts'
import {
  decodeReceipt,
  encodeReceipt,
  encodeReceiptBody,
  isSigned,
  receiptIdsMax,
  receiptSignedBytes,
  receiptSizeMax,
} from '../../src/receipt/receipt.ts'
import { bytesOf } from '../arbitrary.ts'

const bytes = (hex: string): Uint8Array => fromHex(hex)!

interface RequestVector {
  readonly wireTopic: string
  readonly signed: boolean
  readonly messages: readonly { readonly time: string; readonly id: string }[]
  readonly wire: string
}

const vectors = JSON.parse(readFileSync(new URL('../../vectors/receipt.json', import.meta.url), 'utf8')) as {
  networkId: string
  storerSeed: string
  valid: {
    name: string
    topic: string
    storer: string
    storedAt: string
    keepUntil?: string
    ids: string[]
    signed: string
    signature: string
    wire: string
  }[]
  requests: RequestVector[]
  answers: { request: number; type: string; held?: number[]; wire: string }[]
}
const networkId = bytes(vectors.networkId)
const storer = bytes(vectors.valid[0]!.storer)
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), bytes(vectors.storerSeed)]),
  format: 'der',
  type: 'pkcs8',
})

function verify(message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key])
  return verifyWith(null, message, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
}

function receiptOf(ids: readonly Uint8Array[], { topic = 'chat', network = networkId, by = storer } = {}): Uint8Array {
  const body = encodeReceiptBody({ storer: by, storedAt: 1000, ids: ids.toSorted(compareBytes) })
  return encodeReceipt(body, sign(null, receiptSignedBytes(network, topic, body), privateKey))
}

function requestOf({ wireTopic, signed, messages }: RequestVector): ReceiptRequest {
  return { wireTopic, signed, messages: messages.map(({ time, id }) => ({ time: Number(time), id: bytes(id) })) }
}

describe('receipt.json', () => {
  test.each(vectors.valid)('$name encodes to the same bytes, decodes, and its signature holds', (vector) => {
    const { topic, storedAt, keepUntil, ids } = vector
    const body = {
      storer: bytes(vector.storer),
      storedAt: Number(storedAt),
      ...(keepUntil !== undefined && { keepUntil: Number(keepUntil) }),
      ids: ids.map(bytes),
    }
    const bodyBytes = encodeReceiptBody(body)
    const signature = bytes(vector.signature)
    expect(toHex(receiptSignedBytes(networkId, topic, bodyBytes))).toBe(vector.signed)
    expect(toHex(encodeReceipt(bodyBytes, signature))).toBe(vector.wire)
    const decoded = decodeReceipt(bytes(vector.wire))
    expect(decoded).toEqual({ ok: true, receipt: { body, bodyBytes, signature } })
    expect(decoded.ok && isSigned(decoded.receipt, { networkId, topic, verify })).toBe(true)
    expect(decoded.ok && isSigned(decoded.receipt, { networkId, topic: 'other', verify })).toBe(false)
  })

  test('requests and answers encode to the same bytes and decode', () => {
    const requests = vectors.requests.map(requestOf)
    for (const [index, request] of requests.entries()) {
      expect(toHex(encodeReceiptRequest(request))).toBe(vectors.requests[index]!.wire)
      expect(decodeReceiptRequest(bytes(vectors.requests[index]!.wire))).toEqual(request)
    }
    for (const { request, type, held, wire } of vectors.answers) {
      const answer = decodeReceiptAnswer(bytes(wire), requests[request]!)
      expect(answer).toMatchObject({ type, ...(held !== undefined && { held }) })
      expect(toHex(encodeReceiptAnswer(answer!, requests[request]!.messages.length))).toBe(wire)
    }
  })
})

describe('hostile bytes', () => {
  const request = requestOf(vectors.requests[0]!)

  test('never throw, and what is accepted is canonical', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (random) => {
        for (const given of [random, concatBytes(Uint8Array.of(8, 1, 18), random)]) {
          const decoded = decodeReceipt(given)
          if (decoded.ok) {
            const { body, bodyBytes, signature } = decoded.receipt
            expect(equalBytes(encodeReceipt(encodeReceiptBody(body), signature), given)).toBe(true)
            expect(equalBytes(encodeReceiptBody(body), bodyBytes)).toBe(true)
          }
          const asked = decodeReceiptRequest(given)
          if (asked !== undefined) expect(equalBytes(encodeReceiptRequest(asked), given)).toBe(true)
          const answer = decodeReceiptAnswer(given, request)
          if (answer !== undefined) expect(equalBytes(encodeReceiptAnswer(answer, 3), given)).toBe(true)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('one flipped bit is refused, or the signature no longer holds', () => {
    const wire = bytes(vectors.valid[1]!.wire)
    for (let bit = 0; bit < wire.length * 8; bit++) {
      const flipped = wire.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const decoded = decodeReceipt(flipped)
      if (!decoded.ok) continue
      // A storer that is no point of the curve makes node:crypto throw; libsodium says false.
      const holds = (): boolean => isSigned(decoded.receipt, { networkId, topic: 'chat', verify })
      let valid = false
      try {
        valid = holds()
      } catch {
        valid = false
      }
      expect(valid, `bit ${bit}`).toBe(false)
    }
  })

  test('a map of held messages with bits beyond the end, or empty, is refused', () => {
    for (const map of [0x00, 0x08, 0x80, 0x0f]) {
      expect(decodeReceiptAnswer(Uint8Array.of(0x12, 1, map), request)).toBeUndefined()
    }
    expect(decodeReceiptAnswer(Uint8Array.of(0x12, 2, 1, 1), request)).toBeUndefined()
  })

  test('ids that do not ascend, too many, or of another length are refused', () => {
    const [a, b] = [sha256(Uint8Array.of(1)), sha256(Uint8Array.of(2))].toSorted(compareBytes)
    const good = encodeReceiptBody({ storer, storedAt: 1, ids: [a!, b!] })
    const swapped = concatBytes(good.subarray(0, 36), good.subarray(70), good.subarray(36, 70))
    expect(decodeReceipt(encodeReceipt(swapped, new Uint8Array(64)))).toMatchObject({ detail: 'ids: not ascending' })
    expect(() => encodeReceiptBody({ storer, storedAt: 1, ids: [b!, a!] })).toThrow('ascending')
    expect(() => encodeReceiptBody({ storer, storedAt: 1, ids: [] })).toThrow('ids')
    expect(() => encodeReceiptBody({ storer, storedAt: 1, ids: [new Uint8Array(33)] })).toThrow('ids')
    expect(() => encodeReceiptBody({ storer, storedAt: 0, ids: [a!] })).toThrow('storedAt')
    const many = Array.from({ length: receiptIdsMax + 1 }, () => concatBytes(Uint8Array.of(0x22, 1, 1)))
    const tooMany = concatBytes(good.subarray(0, 36), ...many)
    expect(decodeReceipt(encodeReceipt(tooMany, new Uint8Array(64)))).toMatchObject({ detail: 'ids: too-many' })
  })

  test('the largest question and the largest receipt fit their frames', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(bytesOf(32), { minLength: receiptIdsMax, maxLength: receiptIdsMax, selector: toHex }),
        (ids) => {
          const messages = ids.map((id) => ({ time: Number.MAX_SAFE_INTEGER, id }))
          const asked = encodeReceiptRequest({ wireTopic: 'x'.repeat(256), signed: true, messages })
          expect(asked.length).toBeLessThanOrEqual(receiptFrameSizeMax)
          const body = { storer, storedAt: Number.MAX_SAFE_INTEGER, keepUntil: Number.MAX_SAFE_INTEGER }
          const receipt = encodeReceipt(
            encodeReceiptBody({ ...body, ids: ids.toSorted(compareBytes) }),
            new Uint8Array(64),
          )
          expect(receipt.length).toBe(receiptSizeMax)
          expect(decodeReceipt(receipt).ok).toBe(true)
          expect(encodeReceiptAnswer({ type: 'signed', receipt }, 512).length).toBeLessThanOrEqual(receiptFrameSizeMax)
        },
      ),
      { numRuns: 3 },
    )
  })
})

describe('an answer', () => {
  const request = requestOf(vectors.requests[1]!)
  const ids = request.messages.map(({ id }) => id)
  const context = { request, networkId, topic: 'chat', peerKey: storer, verify }
  const signed = (receipt: Uint8Array): Uint8Array => encodeReceiptAnswer({ type: 'signed', receipt }, 3)
  const check = (answer: ReceiptAnswer) => checkReceiptAnswer(encodeReceiptAnswer(answer, 3), context)

  test('that is signed counts for the messages that it names', () => {
    const checked = checkReceiptAnswer(signed(receiptOf([ids[2]!, ids[0]!])), context)
    expect(checked).toMatchObject({ type: 'held', held: [0, 2], receipt: { body: { storedAt: 1000 } } })
  })

  test('of another network or topic is refused', () => {
    for (const other of [{ network: sha256(networkId) }, { topic: 'other' }])
      expect(checkReceiptAnswer(signed(receiptOf(ids, other)), context)).toEqual({
        type: 'refused',
        fault: 'bad-signature',
      })
  })

  test('for messages that were not asked about, or by another storer, is refused', () => {
    expect(checkReceiptAnswer(signed(receiptOf([...ids, sha256(ids[0]!)])), context)).toMatchObject({
      fault: 'not-asked',
    })
    const other = new Uint8Array(32).fill(7)
    expect(checkReceiptAnswer(signed(receiptOf(ids)), { ...context, peerKey: other })).toMatchObject({
      fault: 'other-storer',
    })
  })

  test('that is no receipt, of a later version, or unsigned where a signature was asked is refused', () => {
    expect(checkReceiptAnswer(signed(Uint8Array.of(1)), context)).toMatchObject({ fault: 'bad-encoding' })
    expect(checkReceiptAnswer(signed(Uint8Array.of(8, 2)), context)).toMatchObject({ fault: 'unknown-version' })
    expect(check({ type: 'held', held: [1] })).toMatchObject({ fault: 'bad-encoding' })
    expect(check({ type: 'held', held: [] })).toEqual({ type: 'held', held: [] })
    expect(check({ type: 'busy' })).toEqual({ type: 'busy' })
  })
})

describe('a file of receipts', () => {
  const id = sha256(Uint8Array.of(1))
  const other = sha256(Uint8Array.of(2))
  const file = fileReceipts({ networkId, topic: 'chat', id }, [receiptOf([id, other]), receiptOf([other])])
  const peer = file.receipts[0]!.peer
  const reread = (change: object = {}): ReturnType<typeof readReceiptFile> =>
    readReceiptFile({ ...(JSON.parse(JSON.stringify(file)) as object), ...change })
  const reasons = (change: object): string[] => {
    const read = reread(change)
    if (typeof read === 'string') return [read]
    return checkReceiptFile(read, verify).map((check) => (check.valid ? 'valid' : check.reason))
  }

  test('holds what names the message, and is checked without a node', () => {
    expect(file.receipts).toHaveLength(1)
    expect(reread()).toEqual(file)
    expect(checkReceiptFile(file, verify)).toEqual([{ valid: true, peer, storedAt: 1000 }])
  })

  test('is refused where anything was changed', () => {
    const changed = (fields: object): object => ({ receipts: [{ ...file.receipts[0]!, ...fields }] })
    expect(reasons({ topic: 'other' })).toEqual([expect.stringContaining('signature does not hold')])
    expect(reasons({ network: toHex(id) })).toEqual([expect.stringContaining('signature does not hold')])
    expect(reasons({ id: toHex(sha256(other)) })).toEqual(['it does not name this message'])
    expect(reasons(changed({ storedAt: 1001 }))).toEqual(['its times are not those signed'])
    expect(reasons(changed({ keepUntil: 5 }))).toEqual(['its times are not those signed'])
    expect(reasons(changed({ peer: `${peer}x` }))).toEqual(['another peer signed it'])
    expect(reasons(changed({ receipt: '???' }))).toEqual([expect.stringContaining('it cannot be read')])
    expect(reasons({ receipts: [file.receipts[0], file.receipts[0]] })).toEqual([
      'valid',
      'this peer is counted already',
    ])
  })

  test('of another form is told apart', () => {
    expect(readReceiptFile(null)).toBe('it is not a JSON object')
    expect(readReceiptFile({})).toBe('it is not a file of receipts')
    expect(reread({ format: 'grapevine-receipt/2' })).toContain('version')
    expect(reread({ network: 'x' })).toContain('network')
    expect(reread({ topic: 'a b' })).toContain('topic')
    expect(reread({ id: 'xyz' })).toContain('id')
    expect(reread({ receipts: [] })).toContain('receipts')
    expect(reread({ receipts: [{ peer }] })).toContain('receipt 1')
  })
})
