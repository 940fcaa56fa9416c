import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Event } from '../src/event.ts'
import { sha256 } from '../src/id.ts'
import { ProtocolError } from '../src/error.ts'
import { encodeUtf8 } from '../src/text.ts'
import { KeyList } from '../src/reconcile/key.ts'
import { ActionDigest, RecordingReader, RecordingWriter, ValueReader, ValueWriter } from '../src/recording/index.ts'
import type { RecordedLife, RecordingEntry } from '../src/recording/index.ts'

const life: RecordedLife = {
  format: 1,
  version: '0.1.0',
  dialect: 'grapevine',
  networkId: new Uint8Array(32).fill(7),
  network: 'demo',
  peerId: '12D3KooWalice',
  epoch: 5,
  origin: 1_790_000_000_000.25,
  cutBytes: 0,
  hasActions: false,
}

const received: Event = {
  type: 'received',
  topic: '/gv/1/00/chat',
  from: '12D3KooWbob',
  gossipId: 'ab'.repeat(32),
  bytes: Uint8Array.of(1, 2, 3),
  wall: 1_790_000_000_000_000,
}

function again(...values: readonly unknown[]): unknown[] {
  const writer = new ValueWriter({ remembers: true })
  for (const value of values) writer.value(value)
  const reader = new ValueReader()
  reader.take(writer.written.slice())
  const found = values.map(() => reader.value())
  expect(reader.isAtEnd).toBe(true)
  return found
}

const read = (...pieces: readonly Uint8Array[]): RecordingEntry[] => {
  const reader = new RecordingReader()
  return pieces.flatMap((piece) => [...reader.read(piece)])
}

const recorded = (): { readonly writer: RecordingWriter; readonly head: Uint8Array } => {
  const writer = new RecordingWriter({ sha256, hasActions: false })
  writer.life(life)
  return { writer, head: writer.take() }
}

describe('values', () => {
  test('come back as they were, whatever they are', () => {
    const { letrec } = fc
    const { value } = letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.integer(),
        fc.double(),
        fc.maxSafeInteger(),
        fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n }),
        fc.boolean(),
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) }),
        fc.stringMatching(/^([0-9a-f]{2}){0,40}$/),
        fc.constantFrom(undefined, null, -0, Number.NaN, Number.POSITIVE_INFINITY, '', 'received'),
        fc.uint8Array({ maxLength: 200 }),
        fc.array(tie('value'), { maxLength: 5 }),
        fc.dictionary(fc.stringMatching(/^[A-Za-z-]{1,12}$/), tie('value'), { maxKeys: 6 }),
      ),
    }))
    fc.assert(
      fc.property(fc.array(value, { maxLength: 8 }), (values) => {
        expect(again(...values)).toEqual(values)
      }),
      { numRuns: 500 },
    )
  })

  test('keep the order of their properties, and those that are undefined', () => {
    const [found] = again({ b: 1, a: undefined }) as [object]
    expect(Object.entries(found)).toEqual([
      ['b', 1],
      ['a', undefined],
    ])
  })

  test('can be lists of keys', () => {
    const keys = new KeyList()
    keys.push(5, new Uint8Array(16).fill(1))
    keys.push(6, new Uint8Array(16).fill(2))
    const [found] = again(keys) as [KeyList]
    expect([found.length, [...found.times], [...found.ids]]).toEqual([2, [5, 6], [...keys.ids]])
  })

  test('that nobody can write again are undefined: functions, and what is too deep', () => {
    expect(again(() => 1)).toEqual([undefined])
    let deep: unknown = 1
    for (let depth = 0; depth < 100; depth++) deep = [deep]
    expect(JSON.stringify(again(deep))).toMatch(/^\[+null\]+$/)
  })

  test('that stand there again take a few bytes', () => {
    const writer = new ValueWriter({ remembers: true })
    writer.value({ ...received, bytes: new Uint8Array() })
    const first = writer.length
    writer.clear()
    writer.value({ ...received, bytes: new Uint8Array() })
    expect(first).toBeGreaterThan(100)
    expect(writer.length).toBeLessThan(60)
  })
})

describe('a recording', () => {
  test('has what was written, over any number of pieces', () => {
    const { writer, head } = recorded()
    writer.start({ part: 'machine', options: { networkId: life.networkId, author: sha256(head), epoch: 5, salt: 9 } })
    writer.event('machine', received, 12.5)
    writer.outcome([], [{ type: 'pause', peer: 'x' }])
    const piece = writer.take()
    writer.event('machine', { type: 'tick' }, 13)
    writer.outcome([{ topic: 'chat', rule: 'check', value: 'bad' }], [])
    writer.event('cluster', { type: 'leave' }, 14)
    writer.outcome([], undefined)
    writer.end('full')
    const digest = new ActionDigest(sha256, { remembers: true }).of([{ type: 'pause', peer: 'x' }])
    expect(read(head, piece, writer.take())).toMatchObject([
      { type: 'life', life },
      { type: 'start', start: { part: 'machine', options: { epoch: 5, salt: 9 } } },
      { type: 'step', step: { part: 'machine', now: 12.5, event: received, outcome: { type: 'digest', digest } } },
      { type: 'step', step: { answers: [{ rule: 'check', value: 'bad' }], outcome: { type: 'nothing' } } },
      { type: 'step', step: { part: 'cluster', event: { type: 'leave' }, outcome: { type: 'threw' } } },
      { type: 'end', end: 'full' },
    ])
  })

  test('of one life stands behind that of another', () => {
    const [one, other] = [recorded(), recorded()]
    for (const { writer } of [one, other]) {
      writer.event('machine', received, 1)
      writer.outcome([], [])
    }
    const entries = read(one.head, one.writer.take(), other.head, other.writer.take())
    expect(entries.map(({ type }) => type)).toEqual(['life', 'step', 'life', 'step'])
    expect(entries[3]).toEqual(entries[1])
  })

  test('of another format, or with an event that is unknown here, says so', () => {
    const writer = new RecordingWriter({ sha256, hasActions: false })
    writer.life({ ...life, format: 2 })
    expect(() => read(writer.take())).toThrow(
      expect.objectContaining({ code: 'recording', message: expect.stringContaining('format 2') as string }),
    )
    writer.event('machine', { type: 'of-later' } as unknown as Event, 1)
    writer.outcome([], [])
    expect(() => read(writer.take())).toThrow(
      expect.objectContaining({ code: 'recording', message: expect.stringContaining('of-later') as string }),
    )
  })

  test('that is hostile is an error with a code, and never takes much memory', () => {
    const { writer, head } = recorded()
    writer.event('machine', received, 1)
    writer.outcome([], [{ type: 'pause', peer: 'x' }])
    const good = writer.take()
    const place = fc.record({ at: fc.nat(good.length - 1), to: fc.nat(255) })
    const changed = fc.array(place, { minLength: 1, maxLength: 8 }).map((changes) => {
      const bytes = good.slice()
      for (const { at, to } of changes) bytes[at] = to
      return bytes
    })
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 300 })), (bytes) => {
        try {
          read(head, bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
          expect(error).toMatchObject({ code: 'recording' })
        }
      }),
      { numRuns: 3_000 },
    )
  })

  test('cannot give an object another prototype', () => {
    const { writer, head } = recorded()
    const bytes = Uint8Array.from([3, ...new Uint8Array(8), 14, 0, 1, 9, ...encodeUtf8('__proto__'), 13, 0])
    expect(() => read(head, bytes)).toThrow(expect.objectContaining({ code: 'recording' }))
    expect(writer.length).toBe(0)
  })
})

test('digests tell actions apart to the byte, and are the same whatever stood before', () => {
  const digests = new ActionDigest(sha256)
  const action = { type: 'verdict', gossipId: 'ab'.repeat(32), decision: { verdict: 'accept', reason: 'valid' } }
  const first = [...digests.of([action])]
  expect(first).toHaveLength(8)
  expect([...digests.of([{ ...action, gossipId: 'ac'.repeat(32) }])]).not.toEqual(first)
  expect([...digests.of([{ ...action, decision: { ...action.decision, detail: undefined } }])]).not.toEqual(first)
  expect([...digests.of([action])]).toEqual(first)
  expect([...new ActionDigest(sha256).of([action])]).toEqual(first)
})
