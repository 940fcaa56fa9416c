import * as fc from 'fast-check'
import type { EnvelopeBody } from '../src/envelope.ts'
import { peerIdFromKey } from '../src/peer-id.ts'
import type { Ticket } from '../src/ticket.ts'

/** Bytes of exactly `length`. */
export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length })
}

/** Integers whose varints have all sizes, the edges included. */
const varint: fc.Arbitrary<number> = fc.oneof(
  fc.maxSafeNat(),
  fc.nat({ max: 300 }),
  fc.nat({ max: 52 }).map((bits) => 2 ** bits),
)
const positive = varint.map((value) => Math.max(1, value))

/** A body that fits into an envelope. */
export const bodyArbitrary: fc.Arbitrary<EnvelopeBody> = fc.record(
  {
    author: bytesOf(32),
    epoch: positive,
    sequence: positive.map((value) => Math.min(value, Number.MAX_SAFE_INTEGER - 1024)),
    time: positive,
    schema: fc.uint8Array({ minLength: 1, maxLength: 32 }),
    parents: fc.array(bytesOf(32), { maxLength: 64 }),
    messages: fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 100 }),
  },
  { requiredKeys: ['author', 'epoch', 'sequence', 'time', 'parents', 'messages'], noNullPrototype: true },
)

const port = fc.integer({ min: 1, max: 65_535 })
const host = fc.oneof(
  fc.ipV4().map((ip) => `ip4/${ip}`),
  fc.ipV6().map((ip) => `ip6/${ip}`),
  fc.tuple(fc.constantFrom('dns', 'dns4', 'dns6'), fc.domain()).map(([kind, name]) => `${kind}/${name}`),
)

/** A ticket whose addresses share a few peers. */
export const ticketArbitrary: fc.Arbitrary<Ticket> = fc
  .array(bytesOf(32), { minLength: 1, maxLength: 3 })
  .chain((keys) =>
    fc.record(
      {
        name: fc.stringMatching(/^[A-Za-z0-9._-]{1,64}$/),
        networkId: bytesOf(32),
        dialect: fc.constantFrom('grapevine' as const, 'pubsub' as const),
        addresses: fc.array(
          fc
            .tuple(host, port, fc.constantFrom(...keys))
            .map(([name, tcp, key]) => `/${name}/tcp/${tcp}/p2p/${peerIdFromKey(key)}`),
          { maxLength: 8 },
        ),
        preSharedKey: bytesOf(32),
      },
      { requiredKeys: ['name', 'networkId', 'dialect', 'addresses'], noNullPrototype: true },
    ),
  )
