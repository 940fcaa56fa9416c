import { createPublicKey, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../src/bytes.ts'
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
    readonly messages: readonly string[]
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
  readonly ticket: {
    readonly valid: readonly (Omit<Ticket, 'networkId' | 'preSharedKey'> & {
      readonly networkId: string
      readonly preSharedKey?: string
      readonly text: string
    })[]
    readonly invalid: readonly { readonly text: string; readonly code: string }[]
  }
}

function load<Name extends keyof Vectors>(name: Name): Vectors[Name] {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as Vectors[Name]
}

function bytes(hex: string): Uint8Array {
  const value = fromHex(hex)
  if (value === undefined) throw new Error(`not hex: ${hex}`)
  return value
}

describe('envelope.json', () => {
  const { networkId, valid, invalid } = load('envelope')

  test.each(valid)('$name encodes to the same bytes, decodes, and its signature holds', (vector) => {
    const { author, epoch, sequence, time, schema, parents, messages } = vector.body
    const body = {
      author: bytes(author),
      epoch: Number(epoch),
      sequence: Number(sequence),
      time: Number(time),
      schema: schema === undefined ? undefined : bytes(schema),
      parents: parents.map(bytes),
      messages: messages.map(bytes),
    }
    const bodyBytes = encodeBody(body)
    const signature = bytes(vector.signature)
    expect(toHex(signedBytes(bytes(networkId), vector.topic, bodyBytes))).toBe(vector.signed)
    expect(toHex(encodeEnvelope(bodyBytes, signature))).toBe(vector.wire)
    expect(decodeEnvelope(bytes(vector.wire))).toEqual({ ok: true, envelope: { body, bodyBytes, signature } })
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), body.author])
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' })
    expect(verify(null, bytes(vector.signed), key, signature)).toBe(true)
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
