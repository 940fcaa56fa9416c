import { describe, expect, test } from 'vitest'
import { frameSizeMax } from '../../src/reconcile/frame.ts'
import type { KeyList } from '../../src/reconcile/key.ts'
import { refusalFrame } from '../../src/reconcile/opening.ts'
import { Session } from '../../src/reconcile/session.ts'
import type { SessionOutput, StoredRecord } from '../../src/reconcile/session-output.ts'
import { boundsOf, exchange, type Host } from './exchange.ts'
import { indexOf, keysOf, textsOf } from './key-set.ts'

/** A record of its own for each key. */
const recordsOf = (keys: KeyList, sizeOf: (at: number) => number): StoredRecord[] =>
  boundsOf(keys).map((_, at) => ({ keys: [at], bytes: new Uint8Array(sizeOf(at)).fill(at) }))

describe('a session', () => {
  test('tells what differs and where, without fetching it, in verify mode', () => {
    const a = indexOf(keysOf(0, 1000).filter((_, at) => at < 100 || at >= 130))
    const b = indexOf(keysOf(0, 1000).filter((_, at) => at !== 500 && at !== 501 && at !== 900))
    const refused = new Set(textsOf(keysOf(500, 501)))
    const [opens, answers] = exchange(
      { index: a, mode: 'verify', end: keysOf(2000, 2001)[0]!.time },
      { index: b, isRefused: (time, id) => refused.has(textsOf([{ time, id }])[0]!) },
    )
    expect([opens.reason, answers.reason]).toEqual(['done', 'done'])
    expect([a.count, b.count]).toEqual([970, 997])
    const [first, last, lone, other] = [100, 129, 501, 900].map((at) => keysOf(at, at + 1)[0]!.time)
    expect(opens.report).toMatchObject({
      from: 0,
      end: keysOf(2000, 2001)[0]!.time,
      equal: false,
      complete: true,
      own: { count: 970 },
      peer: { count: 997 },
      lackedByUs: { missing: 30, refused: 0 },
      lackedByPeer: { missing: 2, refused: 1 },
    })
    const { lackedByUs, lackedByPeer } = opens.report!
    expect(lackedByUs.spans[0]!.from).toBe(first)
    expect(lackedByUs.spans.at(-1)!.to).toBe(last)
    expect(lackedByUs.spans.reduce((sum, { count }) => sum + count, 0)).toBe(30)
    expect(lackedByPeer.spans).toEqual([
      { from: lone, to: lone, count: 1 },
      { from: other, to: other, count: 1 },
    ])
  })

  test('says equal of equal sets, in less than 3 KB', () => {
    const [opens, answers] = exchange(
      { index: indexOf(keysOf(0, 5000)), mode: 'verify' },
      { index: indexOf(keysOf(0, 5000)) },
    )
    expect(opens.report).toMatchObject({ equal: true, complete: true, lackedByUs: { missing: 0, spans: [] } })
    expect(opens.session.cost.bytesSent + opens.session.cost.bytesReceived).toBeLessThan(3000)
    expect(answers.reason).toBe('done')
  })

  test('takes a part of a large difference, and the next sessions the rest', () => {
    const [a, b] = [indexOf(keysOf(4000, 4100)), indexOf(keysOf(0, 4000))]
    let sessions = 0
    for (let complete = false; !complete; sessions++) {
      expect(sessions).toBeLessThan(20)
      const [opens] = exchange({ index: a, keysMax: 500 }, { index: b, keysMax: 500 })
      expect(opens.reason).toBe('done')
      expect(opens.received.length).toBeLessThanOrEqual(500)
      complete = opens.report!.complete
    }
    expect([a.count, b.count]).toEqual([4100, 4100])
    expect(sessions).toBeLessThan(12)
  })

  test('looks no further back than its side wants', () => {
    const [a, b] = [indexOf([]), indexOf(keysOf(0, 1000))]
    const [opens] = exchange({ index: a, floor: keysOf(900, 901)[0]!.time }, { index: b })
    expect([opens.reason, a.count]).toEqual(['done', 100])
    const [back] = exchange({ index: b }, { index: a, floor: keysOf(950, 951)[0]!.time })
    expect([back.reason, a.count]).toEqual(['done', 100])
  })

  test('does not ask for what its host refused, and says so', () => {
    const [a, b] = [indexOf(keysOf(0, 90)), indexOf(keysOf(0, 100))]
    const from = keysOf(95, 96)[0]!.time
    const [opens] = exchange({ index: a, isRefused: (time) => time >= from }, { index: b })
    expect(a.count).toBe(95)
    expect(opens.report!.lackedByUs).toMatchObject({ missing: 5, refused: 5 })
  })

  test('sends an envelope of many messages once', () => {
    const [a, b] = [indexOf(keysOf(0, 100)), indexOf(keysOf(0, 164))]
    const load = (keys: KeyList): { records: StoredRecord[] } => ({
      records: [{ keys: boundsOf(keys).map((_, at) => at), bytes: new Uint8Array(60_000) }],
    })
    const [opens] = exchange({ index: a }, { index: b }, { answers: { load } })
    expect(opens.received.map(({ keys, bytes }) => [keys.length, bytes.length])).toEqual([[64, 60_000]])
    expect(a.count).toBe(164)
  })

  test('answers for what it does not hold any more or does not give', () => {
    const [a, b] = [indexOf(keysOf(0, 100)), indexOf(keysOf(0, 110))]
    const load = (keys: KeyList): { records: StoredRecord[]; refused: number[] } => ({
      records: recordsOf(keys, () => 10).filter((_, at) => at > 4),
      refused: [1, 3],
    })
    const [opens, answers] = exchange({ index: a }, { index: b }, { answers: { load } })
    expect([opens.reason, answers.reason]).toEqual(['done', 'done'])
    expect(textsOf(opens.missing)).toEqual(textsOf([keysOf(100, 101), keysOf(102, 103), keysOf(104, 105)].flat()))
    expect(textsOf(opens.refused)).toEqual(textsOf([keysOf(101, 102), keysOf(103, 104)].flat()))
    expect(a.count).toBe(105)
  })

  test('keeps to the bytes asked for at once, but for one record, and cuts what does not fit into a frame', () => {
    const [a, b] = [indexOf(keysOf(0, 100)), indexOf(keysOf(0, 120))]
    const sizes = [1 << 20, 70_000, 1, 30_000, 59_000]
    const sizeOf = (at: number): number => sizes[at % sizes.length]!
    let wants = 0
    const host: Host = {
      load: (keys) => {
        wants++
        return { records: recordsOf(keys, sizeOf) }
      },
      send: (frame) => {
        expect(frame.length).toBeLessThanOrEqual(frameSizeMax)
        return frame
      },
    }
    const [opens] = exchange({ index: a, wantBytesMax: 100_000 }, { index: b }, { answers: host })
    expect([opens.reason, a.count]).toEqual(['done', 120])
    expect(wants).toBeGreaterThan(5)
    for (const { bytes } of opens.received) expect(bytes.every((byte) => byte === bytes[0])).toBe(true)
  })

  test('ends on both sides when a host ends it, and when one refuses it', () => {
    const session = Session.open({ topic: 'test', index: indexOf([]) })
    session.advance()
    expect(session.handle(refusalFrame('busy'))).toEqual([{ type: 'ended', reason: 'busy' }])
    const [one, other] = [
      Session.open({ topic: 'test', index: indexOf([]) }),
      Session.open({ topic: 'test', index: indexOf([]) }),
    ]
    const [send, ended] = one.close() as [SessionOutput & { type: 'send' }, SessionOutput]
    expect(ended).toEqual({ type: 'ended', reason: 'closed' })
    expect(other.handle(send.frame)).toEqual([{ type: 'ended', reason: 'peer-closed' }])
    expect([one.advance(), one.handle(send.frame), one.next(), one.loaded([]), one.close()].flat()).toEqual([])
  })
})
