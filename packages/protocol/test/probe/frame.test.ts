import { fromBinary, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import {
  decodeProbeAnswer,
  decodeProbeRequest,
  encodeProbeAnswer,
  encodeProbeRequest,
  probeDoors,
  type ProbeFinding,
  probeLinks,
} from '@grapevine/protocol/probe'
import { fromHex, toHex } from '@grapevine/protocol'
import { bytesOf } from '../arbitrary.ts'
import { readProtoFile } from '../proto-schema.ts'

const messageOf = readProtoFile('probe.proto')
const requests = fc.record({
  targets: fc.uniqueArray(bytesOf(16), { selector: toHex, minLength: 1, maxLength: 64 }),
  waitMs: fc.integer({ min: 1, max: 30_000 }),
})
const findings = fc.array(
  fc
    .tuple(fc.constantFrom(...probeLinks), fc.constantFrom(...probeDoors), fc.integer({ min: 1, max: 60_000_000 }))
    .map(([link, door, us]): ProbeFinding => ({ link, door, ...(link === 'answers' && { ms: us / 1000 }) })),
  { maxLength: 64 },
)

test('requests and answers come out as they went in, and a protobuf library writes the same bytes', () => {
  const same = (name: string, wire: Uint8Array): void =>
    expect(toHex(toBinary(messageOf(name), fromBinary(messageOf(name), wire)))).toBe(toHex(wire))
  fc.assert(
    fc.property(requests, findings, (request, found) => {
      const [asked, answer] = [encodeProbeRequest(request), encodeProbeAnswer(found)]
      expect(decodeProbeRequest(asked)).toEqual(request)
      expect(decodeProbeAnswer(answer, found.length)).toEqual(found)
      expect(decodeProbeAnswer(answer, found.length + 1)).toBeUndefined()
      same('ProbeRequest', asked)
      same('ProbeAnswer', answer)
    }),
  )
})

test('anything else is refused, and nothing makes the decoders throw', () => {
  fc.assert(
    fc.property(requests, findings, fc.nat(), fc.integer({ min: 1, max: 255 }), (request, found, place, flip) => {
      const [asked, answer] = [encodeProbeRequest(request), encodeProbeAnswer(found)]
      asked[place % asked.length]! ^= flip
      const read = decodeProbeRequest(asked)
      if (read !== undefined) expect(encodeProbeRequest(read)).toEqual(asked)
      if (answer.length === 0) return
      answer[place % answer.length]! ^= flip
      const heard = decodeProbeAnswer(answer, found.length)
      if (heard !== undefined) expect(encodeProbeAnswer(heard)).toEqual(answer)
    }),
  )
  const target = new Uint8Array(16)
  const twice = encodeProbeRequest({ targets: [target, target], waitMs: 5 })
  expect(decodeProbeRequest(twice)).toBeUndefined()
  expect(decodeProbeRequest(new Uint8Array(4000))).toBeUndefined()
  expect(() => encodeProbeRequest({ targets: [], waitMs: 5 })).toThrow('targets')
  expect(() => encodeProbeRequest({ targets: [target], waitMs: 0 })).toThrow('waitMs')
})

interface Vectors {
  readonly requests: readonly { readonly targets: readonly string[]; readonly waitMs: number; readonly wire: string }[]
  readonly answers: readonly { readonly findings: readonly ProbeFinding[]; readonly wire: string }[]
  readonly invalid: readonly { readonly name: string; readonly wire: string }[]
}

test('the vectors hold', () => {
  const path = new URL('../../vectors/probe.json', import.meta.url)
  const vectors = JSON.parse(readFileSync(path, 'utf8')) as Vectors
  for (const { targets, waitMs, wire } of vectors.requests)
    expect(decodeProbeRequest(fromHex(wire)!)).toEqual({ targets: targets.map((hex) => fromHex(hex)), waitMs })
  for (const { findings: found, wire } of vectors.answers)
    expect(decodeProbeAnswer(fromHex(wire)!, found.length)).toEqual(found)
  for (const { name, wire } of vectors.invalid)
    expect([name, decodeProbeRequest(fromHex(wire)!)]).toEqual([name, undefined])
})
