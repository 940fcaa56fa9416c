import { describe, expect, test } from 'vitest'
import { encodeBodyReference } from '../src/body-reference.ts'
import { toHex } from '../src/bytes.ts'
import { encodeBody, encodeEnvelope, signedBytes } from '../src/envelope.ts'
import { exportFault, type ExportCheck } from '../src/export/check.ts'
import { exportLine, readExportHeader, readExportLine, type ExportLine } from '../src/export/line.ts'
import { messageOf } from '../src/body-message.ts'
import { messageIds, sha256 } from '../src/id.ts'
import { alice, networkId, signature, text, wall } from './machine-world.ts'

const iso = (micros: number): string => `at ${micros}`
const check: ExportCheck = { networkId, sha256, iso, byContent: false, verify: (_, __, found) => found[0] === 3 }

const body = {
  author: alice,
  epoch: 5,
  sequence: 7,
  time: wall,
  parents: [new Uint8Array(32).fill(4)],
  messages: [text('one'), Uint8Array.of(0xff), text('three')],
}
const bodyBytes = encodeBody(body)
const wire = encodeEnvelope(bodyBytes, signature)
const ids = messageIds(sha256, signedBytes(networkId, 't', bodyBytes), 3)
const line = exportLine(
  wire,
  [0, 1, 2].map((index) => messageOf(body, index, { topic: 't', ids })),
  iso,
)

const faultOf = (changed: Partial<ExportLine> & { wire?: string }, options: Partial<ExportCheck> = {}): string => {
  const read = readExportLine(JSON.stringify({ ...line, ...changed }))
  return 'fault' in read ? read.fault : (exportFault(read.line, read.wire, { ...check, ...options }) ?? 'none')
}

describe('a line of an export', () => {
  test('shows what is in the envelope', () => {
    expect(line).toMatchObject({ topic: 't', epoch: 5, time: `at ${wall}` })
    expect(line.messages.map(({ seq, text: shown }) => [seq, shown])).toEqual([
      [7, 'one'],
      [8, undefined],
      [9, 'three'],
    ])
    expect(line.messages[0]!.parents).toEqual(['04'.repeat(32)])
  })

  test('passes as it was written, and with some of its messages', () => {
    expect(faultOf({})).toBe('none')
    expect(faultOf({ messages: line.messages.slice(1, 2) })).toBe('none')
  })

  test('names the size of a payload that is elsewhere, and nothing else in its place', () => {
    const reference = { size: 70_000, root: new Uint8Array(32).fill(9) }
    const announced = { ...body, parents: [], messages: [encodeBodyReference(reference)], reference }
    const bytes = encodeBody(announced)
    const [id] = messageIds(sha256, signedBytes(networkId, 't', bytes), 1)
    const own = exportLine(encodeEnvelope(bytes, signature), [messageOf(announced, 0, { topic: 't', ids: [id!] })], iso)
    expect(own.messages).toEqual([{ id: toHex(id!), seq: 7, bodySize: 70_000 }])
    expect(faultOf(own)).toBe('none')
    expect(faultOf({ ...own, messages: [{ ...own.messages[0]!, bodySize: 1 }] })).toMatch(/size/)
    expect(faultOf({ ...own, messages: [{ ...own.messages[0]!, text: '' }] })).toMatch(/text/)
  })

  test('is refused for another network or topic, and with another signature', () => {
    expect(faultOf({}, { networkId: new Uint8Array(32) })).toMatch(/id|signature/)
    expect(faultOf({ topic: 'u' })).toMatch(/id/)
    expect(faultOf({}, { verify: () => false })).toMatch(/signature/)
  })

  test('is refused if what it shows is not what is signed', () => {
    const [one, two, three] = line.messages
    expect(faultOf({ messages: [{ ...one!, text: 'forged' }, two!, three!] })).toMatch(/text/)
    expect(faultOf({ messages: [{ ...two!, text: 'forged' }] })).toMatch(/text/)
    expect(faultOf({ messages: [{ ...one!, id: two!.id }] })).toMatch(/id/)
    expect(faultOf({ messages: [{ ...one!, seq: 99 }] })).toMatch(/not in the envelope/)
    expect(faultOf({ messages: [one!, one!] })).toMatch(/not in the envelope/)
    expect(faultOf({ messages: [{ ...one!, parents: [] }] })).toMatch(/parents/)
    expect(faultOf({ messages: [] })).toMatch(/no messages/)
    expect(faultOf({ author: '12D3KooWRqpHdSafUV2gUXdVkyc4DSg2ghMXqf8a2YxdyqrSyrbT' })).toMatch(/author/)
    expect(faultOf({ time: 'at 1' })).toMatch(/time/)
  })

  test('of any bytes gets an answer', () => {
    for (const hostile of [
      '',
      '[]',
      '{}',
      'null',
      '{"topic":1}',
      '{"topic":"t","wire":"*"}',
      '{"topic":"t","wire":""}',
    ]) {
      const read = readExportLine(hostile)
      expect('fault' in read ? read.fault : exportFault(read.line, read.wire, check)).toEqual(expect.any(String))
    }
    for (const messages of [null, 1, [null], [[]], [{ seq: 7, id: 1, text: 'one' }]])
      expect(faultOf({ messages: messages as never })).not.toBe('none')
  })
})

describe('the header of an export', () => {
  const header = {
    grapevine: 'export',
    version: 1,
    network: '07'.repeat(32),
    networkName: 'n',
    topic: 't',
    definition: { name: 't' },
  }

  test('is read', () => {
    expect(readExportHeader(JSON.stringify(header))).toEqual(header)
  })

  test('of something else is refused', () => {
    const faults = [
      { version: 2 },
      { grapevine: 'x' },
      { network: '07' },
      { topic: 4 },
      { networkName: 1 },
      { definition: null },
    ].map((changed) => readExportHeader(JSON.stringify({ ...header, ...changed })))
    expect(faults).toEqual(faults.map(() => ({ fault: expect.any(String) })))
    expect(readExportHeader('hello')).toEqual({ fault: 'it does not begin like an export' })
  })
})
