import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Frame, frameSizeMax, recordSizeMax } from '../../src/reconcile/frame.ts'
import { decodeFrame } from '../../src/reconcile/frame-decode.ts'
import { encodeFrame } from '../../src/reconcile/frame-encode.ts'
import { boundAt, KeyList } from '../../src/reconcile/key.ts'
import { packIndexes } from '../../src/reconcile/packed.ts'
import { Session } from '../../src/reconcile/session.ts'
import type { EndReason, SessionOutput } from '../../src/reconcile/session-output.ts'
import { SketchDecoder, symbolSize } from '../../src/reconcile/sketch-decoder.ts'
import { exchange } from './exchange.ts'
import { indexOf, keyOf, keysOf } from './key-set.ts'

const none = new Uint8Array(0)
const sum = new Uint8Array(16)
const first = keysOf(0, 1)[0]!.time
const open: Frame = { type: 'open', topic: 'test', mode: 'sync', floor: 0, end: Number.MAX_SAFE_INTEGER }

/** How a session ends that was given these frames; undefined if it goes on. */
function endOf(session: Session, ...frames: readonly (Frame | Uint8Array)[]): EndReason | undefined {
  const outputs: SessionOutput[] = []
  for (const frame of frames) {
    outputs.push(...session.handle(frame instanceof Uint8Array ? frame : encodeFrame(frame)))
    while (session.busy) outputs.push(...session.advance())
  }
  const end = outputs.find((output) => output.type === 'ended')
  return end?.reason
}

function opened(count = 100): Session {
  const session = Session.open({ topic: 'test', index: indexOf(keysOf(0, count)) })
  session.advance()
  return session
}

const answering = (count = 100): Session => Session.answer({ topic: 'test', index: indexOf(keysOf(0, count)) })

function listOf(...serials: readonly number[]): KeyList {
  const list = new KeyList()
  for (const serial of serials) {
    const [{ time, id }] = keysOf(serial, serial + 1) as [ReturnType<typeof keyOf>]
    list.push(time, id)
  }
  return list
}

const summary = (over: Partial<Frame & { type: 'summary' }>): Frame => ({
  type: 'summary',
  from: 0,
  end: Number.MAX_SAFE_INTEGER,
  parts: [],
  symbolsMax: 0,
  symbols: none,
  probe: { index: 0, symbol: none },
  ...over,
})

describe('a frame', () => {
  test('that is not canonical is refused, whatever bytes come', () => {
    const frames = [
      open,
      summary({ parts: [{ from: boundAt(0), count: 3, sum }] }),
      { type: 'want', keys: listOf(1, 2), bytesMax: 9 } as const,
    ]
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.constantFrom(...frames.map(encodeFrame)), fc.nat(), fc.nat(255)).map(([frame, at, value]) => {
        const copy = frame.slice()
        copy[at % copy.length] = value
        return copy
      }),
    )
    fc.assert(
      fc.property(bytes, (input) => {
        const frame = decodeFrame(input)
        if (typeof frame === 'object') expect(encodeFrame(frame)).toEqual(input)
      }),
      { numRuns: 3000 },
    )
    expect(decodeFrame(new Uint8Array(frameSizeMax + 1))).toBeUndefined()
  })
})

describe('a session with a peer that lies', () => {
  test('ends with a reason or waits, and never throws, whatever becomes of the frames', () => {
    const change = fc.record({ nth: fc.nat(12), what: fc.constantFrom('flip', 'cut', 'lose'), at: fc.nat() })
    const side = fc.record({ gone: fc.nat(400), count: fc.nat(200), changes: fc.array(change, { maxLength: 2 }) })
    fc.assert(
      fc.property(side, side, fc.constantFrom('sync' as const, 'verify' as const), (a, b, mode) => {
        const hostOf = ({ changes }: typeof a): { send: (frame: Uint8Array) => Uint8Array | undefined } => {
          let nth = 0
          return {
            send: (frame) => {
              const [wanted] = changes.filter((one) => one.nth === nth)
              nth++
              return wanted === undefined ? frame : changed(frame, wanted.what, wanted.at)
            },
          }
        }
        const indexFor = ({ gone, count }: typeof a): ReturnType<typeof indexOf> =>
          indexOf(keysOf(0, 500).filter((_, at) => at < gone || at >= gone + count))
        const options = { index: indexFor(a), mode }
        const [opens, answers] = exchange(options, { index: indexFor(b) }, { opens: hostOf(a), answers: hostOf(b) })
        expect(opens.session.busy || answers.session.busy).toBe(false)
        // The session lets through only what it asked for, so only keys that it lacked, each once.
        for (const { received } of [opens, answers]) {
          const texts = received.map(({ keys }) => `${keys.time(0)}:${keys.id(0).join()}`)
          expect(new Set(texts).size).toBe(texts.length)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('ends when a frame comes out of turn', () => {
    const symbols: Frame = { type: 'symbols', symbols: new Uint8Array(symbolSize) }
    const done: Frame = { type: 'end', code: 'done' }
    const have: Frame = { type: 'have', keys: listOf(500), last: true }
    const records: Frame = { type: 'records', pieces: [], missing: none, refused: none, last: true }
    const want: Frame = { type: 'want', keys: listOf(1), bytesMax: 1 }
    expect(endOf(opened(), symbols)).toBe('unexpected-frame')
    expect(endOf(opened(), done)).toBe('unexpected-frame')
    expect(endOf(opened(), open)).toBe('unexpected-frame')
    expect(endOf(opened(), records)).toBe('unrequested')
    expect(endOf(answering(), summary({}))).toBe('unexpected-frame')
    expect(endOf(answering(), have)).toBe('unexpected-frame')
    expect(endOf(answering(), want)).toBe('unexpected-frame')
    expect(endOf(answering(), open, open)).toBe('unexpected-frame')
    expect(endOf(answering(), open, want, want)).toBe('unexpected-frame')
    expect(endOf(answering(), open, have, have)).toBe('unexpected-frame')
    expect(endOf(answering(), open, { type: 'ask-symbols', to: 32 })).toBe('unexpected-frame')
    expect(endOf(answering(), { ...open, mode: 'verify' }, want)).toBe('unexpected-frame')
    expect(endOf(answering(), { ...open, topic: 'other' })).toBe('bad-frame')
    expect(endOf(answering(), Uint8Array.of(0x0a, 2, 8, 2))).toBe('unknown-version')
    expect(endOf(answering(), Uint8Array.of(1, 2, 3))).toBe('bad-frame')
  })

  test('ends when an answer is outside what was asked', () => {
    const part = { from: boundAt(first), count: 5, sum }
    expect(endOf(opened(), summary({ end: 5, from: 9, parts: [part] }))).toBe('bad-frame')
    expect(endOf(opened(), summary({ parts: [part] }))).toBe('bad-frame')
    const late = Session.open({ topic: 'test', index: indexOf(keysOf(0, 10)), floor: first + 3 })
    late.advance()
    expect(endOf(late, summary({ from: first }))).toBe('bad-frame')
    const many = summary({ parts: [{ from: boundAt(0), count: 100_000, sum }] })
    expect(endOf(opened(), many, { type: 'parts', parts: [part] })).toBe('bad-frame')
    const few = summary({ parts: [{ from: boundAt(0), count: 3, sum }] })
    expect(endOf(opened(), few, { type: 'parts', parts: [part] })).toBe('unexpected-frame')
    const keys = { type: 'keys', keys: listOf(...Array.from({ length: 2048 }, (_, at) => at)), last: false } as const
    expect(endOf(opened(), few, keys, keys)).toBe('bad-frame')
  })

  test('lets through only records that it asked for, and each once', () => {
    const two = [keyOf(1, 1), keyOf(2, 2)]
    const asking = (): Session => {
      const session = Session.answer({ topic: 'test', index: indexOf([]), wantBytesMax: frameSizeMax })
      const keys = new KeyList()
      for (const { time, id } of two) keys.push(time, id)
      expect(endOf(session, open, { type: 'have', keys, last: true })).toBeUndefined()
      return session
    }
    const piece = (
      indexes: readonly number[],
      size = 10,
      rest = 0,
    ): { keys: Uint8Array; bytes: Uint8Array; rest: number } => ({
      keys: packIndexes(indexes),
      bytes: new Uint8Array(size),
      rest,
    })
    const records = (...pieces: readonly ReturnType<typeof piece>[]): Frame => ({
      type: 'records',
      pieces,
      missing: none,
      refused: none,
      last: false,
    })
    const last: Frame & { type: 'records' } = { type: 'records', pieces: [], missing: none, refused: none, last: true }
    expect(endOf(asking(), records(piece([2])))).toBe('bad-frame')
    expect(endOf(asking(), records(piece([])))).toBe('bad-frame')
    expect(endOf(asking(), records(piece([0]), piece([0])))).toBe('unrequested')
    expect(endOf(asking(), records(piece([0])), records(piece([0, 1])))).toBe('unrequested')
    expect(endOf(asking(), { ...last, missing: packIndexes([0]), refused: packIndexes([0]) })).toBe('unrequested')
    expect(endOf(asking(), last)).toBe('bad-frame')
    expect(endOf(asking(), records(piece([0], 10, 5)), last)).toBe('bad-frame')
    expect(endOf(asking(), records(piece([0], 10, 5)), records(piece([], 4)))).toBe('bad-frame')
    expect(endOf(asking(), records(piece([0], 10, recordSizeMax)))).toBe('over-budget')
    const large = records(piece([0], 60_000, recordSizeMax - 60_000))
    expect(endOf(asking(), large, records(piece([], 60_000, recordSizeMax - 120_000)))).toBeUndefined()
    expect(endOf(asking(), records(piece([0, 1])), last)).toBeUndefined()
  })

  test('does no unbounded work for it', () => {
    const ask: Frame = { type: 'ask-parts', parts: 1024, ranges: [{ from: boundAt(0), to: boundAt(first * 2) }] }
    expect(endOf(answering(2000), open, ...Array.from({ length: 65 }, () => ask))).toBe('over-budget')
    const tiny: Frame = { ...ask, parts: 2 }
    expect(endOf(answering(), open, ...Array.from({ length: 513 }, () => tiny))).toBe('over-budget')
    const list: Frame = { type: 'ask-keys', ranges: [{ from: boundAt(0), to: boundAt(first * 2) }] }
    expect(endOf(answering(30_000), open, ...Array.from({ length: 10 }, () => list))).toBe('over-budget')
  })

  test('ends a search in symbols that no set has', () => {
    const index = indexOf(keysOf(0, 100))
    const range = { from: boundAt(0), to: boundAt(first * 2) }
    const own = index.rangeSketch(range)!
    // One key of its own in one symbol only: found there, taken from all, and so found with the other sign for ever.
    const symbols = new Uint8Array(64 * symbolSize)
    const words = new DataView(symbols.buffer)
    for (let at = 0; at < 64 * 9; at++) words.setUint32(at * 4, own.upTo(64)[at]!)
    const other = indexOf([...keysOf(0, 100), keyOf(7, first + 5)]).rangeSketch(range)!
    for (let at = 0; at < 9; at++) words.setUint32(at * 4, other.upTo(64)[at]!)
    const decoder = new SketchDecoder(own)
    decoder.add(symbols)
    for (let calls = 0; decoder.busy; calls++) {
      expect(calls).toBeLessThan(100)
      decoder.advance(100)
    }
    expect(decoder.failed).toBe(true)
    expect(decoder.complete).toBe(false)
  })
})

function changed(frame: Uint8Array, what: string, at: number): Uint8Array | undefined {
  if (what === 'lose') return undefined
  if (what === 'cut') return frame.slice(0, at % frame.length)
  const copy = frame.slice()
  copy[at % copy.length] = copy[at % copy.length]! ^ (1 << (at % 8))
  return copy
}
