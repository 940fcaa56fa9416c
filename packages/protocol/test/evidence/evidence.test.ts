import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes.ts'
import { encodeBody, encodeEnvelope, type EnvelopeBody, signedBytes } from '../../src/envelope.ts'
import {
  decodeEvidence,
  encodeEvidence,
  type Evidence,
  evidenceLengthMax,
  makeEvidence,
  readEvidence,
} from '../../src/evidence/index.ts'
import { messageIds, sha256 } from '../../src/id.ts'
import { alice, networkId, self, signature, text, wall } from '../machine-world.ts'

const bodyOf = (messages: readonly string[], fields: Partial<EnvelopeBody> = {}): EnvelopeBody => ({
  author: alice,
  epoch: 7,
  sequence: 3,
  time: wall,
  parents: [],
  messages: messages.map(text),
  ...fields,
})
const wire = (body: EnvelopeBody, signedWith = signature): Uint8Array => encodeEnvelope(encodeBody(body), signedWith)
const pairOf = (one: Uint8Array, other: Uint8Array): Evidence => ({ networkId, topic: 'chat', envelopes: [one, other] })

const file64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const [yes, no] = [wire(bodyOf(['yes'])), wire(bodyOf(['no']))]

function made(pair: Evidence): Exclude<ReturnType<typeof makeEvidence>, string> {
  const result = makeEvidence(pair, sha256)
  if (typeof result === 'string') throw new Error(result)
  return result
}

describe('two envelopes that contradict each other', () => {
  test('are one evidence with one id, whichever came first', () => {
    const [forth, back] = [made(pairOf(yes, no)), made(pairOf(no, yes))]
    expect(forth).toEqual(back)
    expect(encodeEvidence(forth.evidence)).toBe(encodeEvidence(back.evidence))
  })

  test('show author, epoch, the sequences that both claim, and what each says at the first of them', () => {
    const batch = bodyOf(['a', 'b', 'c', 'd'], { sequence: 3 })
    const late = bodyOf(['x', 'y', 'z'], { sequence: 5, time: wall + 1 })
    const { equivocation } = made(pairOf(wire(batch), wire(late)))
    expect(equivocation).toMatchObject({ author: alice, epoch: 7, first: 5, last: 6 })
    const said = equivocation.statements.map(({ payload, sequence, count, time }) => [
      Buffer.from(payload).toString(),
      sequence,
      count,
      time,
    ])
    expect(said).toContainEqual(['c', 3, 4, wall])
    expect(said).toContainEqual(['x', 5, 3, wall + 1])
    const ids = messageIds(sha256, signedBytes(networkId, 'chat', encodeBody(batch)), 4).map(toHex)
    expect(equivocation.statements.map(({ id }) => toHex(id))).toContain(ids[2])
  })

  test('keep their id under other signatures, and have another one in another topic or network', () => {
    const idOf = (pair: Evidence): string => toHex(made(pair).equivocation.id)
    const id = idOf(pairOf(yes, no))
    expect(idOf(pairOf(wire(bodyOf(['yes']), new Uint8Array(64).fill(8)), no))).toBe(id)
    expect(idOf({ ...pairOf(yes, no), topic: 'chess' })).not.toBe(id)
    expect(idOf({ ...pairOf(yes, no), networkId: new Uint8Array(32) })).not.toBe(id)
  })

  test('need not differ in payload: one payload twice is two messages', () => {
    expect(makeEvidence(pairOf(yes, wire(bodyOf(['yes'], { time: wall + 1 }))), sha256)).toBeTypeOf('object')
  })
})

test.each([
  ['other-author', yes, wire(bodyOf(['no'], { author: self }))],
  ['other-epoch', yes, wire(bodyOf(['no'], { epoch: 8 }))],
  ['no-overlap', yes, wire(bodyOf(['no'], { sequence: 4 }))],
  ['no-overlap', wire(bodyOf(['a', 'b'])), wire(bodyOf(['c'], { sequence: 5 }))],
  ['same', yes, wire(bodyOf(['yes']), new Uint8Array(64).fill(8))],
  ['bad-envelope', yes, yes.subarray(1)],
] as const)('is no equivocation: %s', (fault, one, other) => {
  expect(makeEvidence(pairOf(one, other), sha256)).toBe(fault)
  expect(makeEvidence(pairOf(other, one), sha256)).toBe(fault)
})

describe('a file', () => {
  const { evidence, equivocation } = made(pairOf(yes, no))
  const file = encodeEvidence(evidence)
  const changed = (change: (value: Record<string, unknown>) => void): string => {
    const value = JSON.parse(file) as Record<string, unknown>
    change(value)
    return JSON.stringify(value)
  }

  test('comes back, with other white space and order of members too', () => {
    const decoded = { ok: true, evidence, equivocation }
    expect(decodeEvidence(file, sha256)).toEqual(decoded)
    expect(decodeEvidence(` ${JSON.stringify(JSON.parse(file))}\n\n`, sha256)).toEqual(decoded)
    const reversed = Object.fromEntries(Object.entries(JSON.parse(file) as object).toReversed())
    expect(decodeEvidence(JSON.stringify(reversed), sha256)).toEqual(decoded)
  })

  test('of the largest envelopes is within its bound', () => {
    const large = (fill: string): Uint8Array => wire(bodyOf([fill.repeat(59_800)]))
    const written = encodeEvidence(made(pairOf(large('a'), large('b'))).evidence)
    expect(written.length).toBeLessThan(evidenceLengthMax)
    expect(decodeEvidence(written, sha256).ok).toBe(true)
  })

  test.each([
    ['text that is no JSON', 'not-evidence', 'hello'],
    ['another value', 'not-evidence', '[1]'],
    ['nothing', 'not-evidence', ''],
    ['another format', 'not-evidence', changed((value) => (value['format'] = 'x'))],
    ['a later version', 'unknown-version', changed((value) => (value['format'] = 'grapevine-evidence/2'))],
    ['a member too many', 'not-evidence', changed((value) => (value['author'] = 'x'))],
    ['a member too few', 'not-evidence', changed((value) => delete value['topic'])],
    ['a network id that is none', 'not-evidence', changed((value) => (value['network'] = 'AB'.repeat(32)))],
    ['a topic that is none', 'not-evidence', changed((value) => (value['topic'] = 'a b'))],
    ['one envelope', 'not-evidence', changed((value) => (value['envelopes'] as string[]).pop())],
    ['base64 without padding', 'not-evidence', file.replace(/=+"/, '"')],
    [
      'the envelopes in the other order',
      'order',
      changed((value) => (value['envelopes'] = (value['envelopes'] as string[]).toReversed())),
    ],
    ['one envelope twice', 'same', changed((value) => (value['envelopes'] as string[]).fill(file64(yes)))],
    ['junk for an envelope', 'bad-envelope', changed((value) => (value['envelopes'] as string[]).fill('AAAA'))],
    ['more than a file can hold', 'not-evidence', ' '.repeat(evidenceLengthMax + 1)],
  ])('with %s is refused as %s', (_, reason, written) => {
    expect(decodeEvidence(written, sha256)).toMatchObject({ ok: false, reason })
  })

  test('that anybody wrote makes nothing throw', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.nat(file.length - 2).map((at) => file.slice(0, at)),
        ),
        (written) => {
          expect(decodeEvidence(written, sha256).ok).toBe(false)
        },
      ),
    )
  })
})

test('two envelopes of any author with any ranges are evidence exactly if they overlap and differ', () => {
  const some = fc.record({
    sequence: fc.integer({ min: 1, max: 6 }),
    messages: fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 4 }),
  })
  fc.assert(
    fc.property(some, some, (a, b) => {
      const [one, other] = [a, b].map(({ sequence, messages }) => wire(bodyOf(messages, { sequence })))
      const isOverlap = a.sequence < b.sequence + b.messages.length && b.sequence < a.sequence + a.messages.length
      const isSame = a.sequence === b.sequence && a.messages.join() === b.messages.join()
      const result = makeEvidence(pairOf(one!, other!), sha256)
      expect(typeof result === 'object').toBe(isOverlap && !isSame)
      if (typeof result === 'object') expect(readEvidence(result.evidence, sha256)).toEqual(result.equivocation)
    }),
  )
})
