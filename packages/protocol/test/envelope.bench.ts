/**
 * Envelopes encoded and decoded per second, beside @bufbuild/protobuf (docs/decisions/0001), and ids per envelope of
 * two levels and of one (docs/decisions/0002). Median of 7 rounds.
 *
 *     node packages/protocol/test/envelope.bench.ts
 */
import { hash } from 'node:crypto'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { concatBytes } from '../src/bytes.ts'
import { decodeEnvelope, encodeBody, encodeEnvelope, type EnvelopeBody } from '../src/envelope.ts'
import { messageIds, type Sha256, sha256 } from '../src/id.ts'
import { readProtoSchema } from './proto-schema.ts'

const schema = readProtoSchema()
const signature = new Uint8Array(64).fill(7)

for (const [count, size] of [
  [1, 256],
  [32, 100],
  [1024, 16],
] as const)
  codec(count, size)
for (const count of [1, 32, 1024]) ids(count)

function codec(count: number, size: number): void {
  const body: EnvelopeBody = {
    author: new Uint8Array(32).fill(1),
    epoch: 1_767_225_600_000,
    sequence: 4711,
    time: 1_767_225_600_000_000,
    parents: [],
    messages: Array.from({ length: count }, (_, i) => new Uint8Array(size).fill(i)),
  }
  const wire = encodeEnvelope(encodeBody(body), signature)
  const theirs = {
    ...body,
    epoch: BigInt(body.epoch),
    sequence: BigInt(body.sequence),
    time: BigInt(body.time),
    parents: [],
    messages: [...body.messages],
  }
  report(`${count} x ${size} B`, {
    'encode, ours': () => encodeEnvelope(encodeBody(body), signature),
    'encode, bufbuild': () => {
      const { schema: _, ...fields } = theirs
      const bytes = toBinary(schema.body, create(schema.body, fields))
      return toBinary(schema.envelope, create(schema.envelope, { version: 1, body: bytes, signature }))
    },
    'decode, ours, canonical only': () => decodeEnvelope(wire),
    'decode, bufbuild, lenient': () => decodeTheirs(wire),
    'decode, bufbuild, canonical only': () => {
      const decoded = decodeTheirs(wire)
      const again = toBinary(schema.body, decoded.body)
      return Buffer.compare(toBinary(schema.envelope, decoded.envelope), wire) + again.length
    },
  })
}

function decodeTheirs(wire: Uint8Array) {
  const envelope = fromBinary(schema.envelope, wire)
  const { body } = envelope as unknown as { readonly body: Uint8Array }
  return { envelope, body: fromBinary(schema.body, body) }
}

function ids(count: number): void {
  const signed = new Uint8Array(60_000).fill(5)
  const native: Sha256 = (bytes) => hash('sha256', bytes, 'buffer')
  const oneLevel = (algorithm: Sha256): Uint8Array[] => {
    const input = concatBytes(Buffer.from('grapevine-message/1'), signed, new Uint8Array(4))
    return Array.from({ length: count }, (_, i) => {
      new DataView(input.buffer).setUint32(input.length - 4, i)
      return algorithm(input)
    })
  }
  report(`ids of ${count} messages in 60,000 B`, {
    'two levels, noble': () => messageIds(sha256, signed, count),
    'one level, noble': () => oneLevel(sha256),
    'two levels, node:crypto': () => messageIds(native, signed, count),
    'one level, node:crypto': () => oneLevel(native),
  })
}

function report(title: string, cases: Readonly<Record<string, () => unknown>>): void {
  console.log(title)
  for (const [name, run] of Object.entries(cases)) {
    const rates = Array.from({ length: 7 }, () => ratePerSecond(run)).toSorted((a, b) => a - b)
    const rate = rates[3]!
    console.log(`  ${name.padEnd(34)} ${Math.round(rate).toLocaleString('en')}/s  ${(1000 / rate).toFixed(4)} ms`)
  }
}

function ratePerSecond(run: () => unknown): number {
  const start = performance.now()
  let count = 0
  do {
    run()
    count++
  } while (performance.now() - start < 60)
  return (count * 1000) / (performance.now() - start)
}
