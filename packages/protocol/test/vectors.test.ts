import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type BodyReference, encodeBodyReference } from '../src/body-reference.ts'
import { fromHex, toHex } from '../src/bytes.ts'
import { decodeEvidence, encodeEvidence } from '../src/evidence/index.ts'
import { decodeEnvelope, encodeBody, encodeEnvelope, signedBytes } from '../src/envelope.ts'
import { gossipId, messageIds, sha256, wireTopic } from '../src/id.ts'
import { decodeTicket, encodeTicket, type Ticket } from '../src/ticket.ts'

interface EnvelopeVector {
  readonly name: string
  readonly topic: string
  readonly body: {
    readonly author: string
    readonly epoch: string
    readonly sequence: string
    readonly time: string
    readonly schema?: string
    readonly parents: readonly string[]
    readonly messages?: readonly string[]
    readonly reference?: { readonly id?: string; readonly size: string; readonly root: string }
  }
  readonly signed: string
  readonly signature: string
  readonly wire: string
}

interface Vectors {
  readonly envelope: {
    readonly networkId: string
    readonly valid: readonly EnvelopeVector[]
    readonly invalid: readonly { readonly name: string; readonly reason: string; readonly wire: string }[]
  }
  readonly id: {
    readonly networkId: string
    readonly cases: readonly {
      readonly topic: string
      readonly wireTopic: string
      readonly wire: string
      readonly signed: string
      readonly gossipId: string
      readonly messageIds: readonly string[]
    }[]
  }
  readonly evidence: {
    readonly valid: readonly {
      readonly name: string
      readonly id: string
      readonly author: string
      readonly epoch: string
      readonly first: string
      readonly last: string
      readonly file: object
    }[]
    readonly invalid: readonly { readonly name: string; readonly reason: string; readonly file: object }[]
  }
  readonly ticket: {
    readonly valid: readonly (Omit<Ticket, 'networkId' | 'preSharedKey'> & {
      readonly networkId: string
      readonly preSharedKey?: string
      readonly text: string
    })[]
    readonly invalid: readonly { readonly text: string; readonly code: string }[]
  }
}

function isSigned(signed: Uint8Array, signature: Uint8Array, author: Uint8Array): boolean {
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), author])
  return verify(null, signed, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
}

function load<Name extends keyof Vectors>(name: Name): Vectors[Name] {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as Vectors[Name]
}

function bytes(hex: string): Uint8Array {
  const value = fromHex(hex)
  if (value === undefined) throw new Error(`not hex: ${hex}`)
  return value
}

const referenceOf = ({ id, size, root }: NonNullable<EnvelopeVector['body']['reference']>): BodyReference => ({
  ...(id !== undefined && { id: bytes(id) }),
  size: Number(size),
  root: bytes(root),
})

describe('envelope.json', () => {
  const { networkId, valid, invalid } = load('envelope')

  test.each(valid)('$name encodes to the same bytes, decodes, and its signature holds', (vector) => {
    const { author, epoch, sequence, time, schema, parents, messages = [] } = vector.body
    const reference = vector.body.reference && referenceOf(vector.body.reference)
    const body = {
      author: bytes(author),
      epoch: Number(epoch),
      sequence: Number(sequence),
      time: Number(time),
      schema: schema === undefined ? undefined : bytes(schema),
      parents: parents.map(bytes),
      messages: reference === undefined ? messages.map(bytes) : [encodeBodyReference(reference)],
      ...(reference && { reference }),
    }
    const bodyBytes = encodeBody(body)
    const signature = bytes(vector.signature)
    expect(toHex(signedBytes(bytes(networkId), vector.topic, bodyBytes))).toBe(vector.signed)
    expect(toHex(encodeEnvelope(bodyBytes, signature))).toBe(vector.wire)
    expect(decodeEnvelope(bytes(vector.wire))).toEqual({ ok: true, envelope: { body, bodyBytes, signature } })
    expect(isSigned(bytes(vector.signed), signature, body.author)).toBe(true)
  })

  test.each(invalid)('$name is refused as $reason', ({ wire, reason }) => {
    expect(decodeEnvelope(bytes(wire))).toMatchObject({ ok: false, reason })
  })
})

test.each(load('id').cases)('id.json: the ids on $topic', (vector) => {
  const networkId = bytes(load('id').networkId)
  expect(wireTopic(networkId, vector.topic)).toBe(vector.wireTopic)
  expect(toHex(gossipId(sha256, vector.wireTopic, bytes(vector.wire)))).toBe(vector.gossipId)
  const ids = messageIds(sha256, bytes(vector.signed), vector.messageIds.length)
  expect(ids.map(toHex)).toEqual(vector.messageIds)
})

describe('ticket.json', () => {
  const { valid, invalid } = load('ticket')

  test.each(valid)('$text encodes and decodes', ({ text, networkId, preSharedKey, ...rest }) => {
    const key = preSharedKey === undefined ? {} : { preSharedKey: bytes(preSharedKey) }
    const ticket: Ticket = { ...rest, networkId: bytes(networkId), ...key }
    expect(encodeTicket(ticket)).toBe(text)
    expect(decodeTicket(text)).toEqual(ticket)
  })

  test.each(invalid)('$text is refused as $code', ({ text, code }) => {
    expect(() => decodeTicket(text)).toThrow(expect.objectContaining({ code }))
  })
})

describe('evidence.json', () => {
  const { valid, invalid } = load('evidence')

  /** What it says, if both signatures hold. */
  function check(file: object): ReturnType<typeof decodeEvidence> | 'bad-signature' {
    const decoded = decodeEvidence(JSON.stringify(file), sha256)
    if (!decoded.ok) return decoded
    const { author, statements } = decoded.equivocation
    return statements.every(({ signed, signature }) => isSigned(signed, signature, author)) ? decoded : 'bad-signature'
  }

  test.each(valid)('$name is written the same way, and proves what it says', ({ file, ...said }) => {
    const decoded = check(file)
    if (decoded === 'bad-signature' || !decoded.ok) throw new Error('refused')
    const { id, author, epoch, first, last } = decoded.equivocation
    const numbers = { epoch: String(epoch), first: String(first), last: String(last) }
    expect({ name: said.name, id: toHex(id), author: toHex(author), ...numbers }).toEqual(said)
    expect(encodeEvidence(decoded.evidence)).toBe(`${JSON.stringify(file, undefined, 2)}\n`)
  })

  test.each(invalid)('$name is refused as $reason', ({ file, reason }) => {
    const checked = check(file)
    expect(typeof checked === 'string' ? { reason: checked } : checked).toMatchObject({ reason })
  })
})
