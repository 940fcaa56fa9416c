import type { KeyList } from '@grapevine/protocol/reconcile'
import { Session, type SessionOutput, SetIndex, type StoredRecord } from '@grapevine/protocol/reconcile'

/** What one session cost. */
export interface SessionResult {
  /** Of all frames but those with records, both ways. */
  readonly bytes: number
  /** Until the search was over. */
  readonly trips: number
  /** Keys that came over, both ways. */
  readonly keys: number
  /** Processor time of the side that opened, and of the other, in ms. */
  readonly cpu: readonly [number, number]
  /** The longest single call of a session on either side, in ms. */
  readonly longest: number
}

interface Side {
  readonly session: Session
  readonly index: SetIndex
  readonly inbox: Uint8Array[]
  cpuMs: number
  longest: number
  got: number
}

/** Processor time of this thread so far: on a busy machine the clock on the wall says more of the others. */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** An index with keys in order, and how long it took, in ms of processor time. */
export function loaded(
  hashKey: Uint8Array,
  keys: KeyList,
): { index: SetIndex; loadMs: number; buildMs: number; longest: number } {
  const index = new SetIndex(hashKey)
  let longest = 0
  const timed = (work: () => void): void => {
    const before = cpuMs()
    work()
    longest = Math.max(longest, cpuMs() - before)
  }
  const before = cpuMs()
  for (let from = 0; from < keys.length; from += 20_000) timed(() => index.load(keys.slice(from, from + 20_000)))
  const between = cpuMs()
  while (!index.built) timed(() => index.buildSome(5000))
  return { index, loadMs: between - before, buildMs: cpuMs() - between, longest }
}

/** Runs a session, and fills both indexes with what came. `floor`: how far back the first side looks. */
export function reconcile(a: SetIndex, b: SetIndex, floor = 0): SessionResult {
  const options = { topic: 'bench' }
  const sides: [Side, Side] = [
    sideOf(Session.open({ ...options, index: a, floor }), a),
    sideOf(Session.answer({ ...options, index: b }), b),
  ]
  let trips = 0
  let searching = true
  const run = (which: 0 | 1, work: (side: Side) => readonly SessionOutput[]): void => {
    const side = sides[which]
    const before = cpuMs()
    const outputs = work(side)
    const took = cpuMs() - before
    side.cpuMs += took
    side.longest = Math.max(side.longest, took)
    for (const output of outputs) {
      if (output.type === 'send') sides[1 - which]!.inbox.push(output.frame)
      if (output.type === 'report') searching = false
      if (output.type === 'load') run(which, ({ session }) => session.loaded(recordsOf(output.keys)))
      if (output.type === 'answered') run(which, ({ session }) => session.next())
      if (output.type === 'record') {
        side.got += output.keys.length
        for (let at = 0; at < output.keys.length; at++) side.index.add(output.keys.time(at), output.keys.id(at))
      }
      if (output.type === 'ended' && output.reason !== 'done') throw new Error(output.reason)
    }
  }
  const drain = (which: 0 | 1): boolean => {
    const side = sides[which]
    let isIdle = true
    for (; side.session.busy || side.inbox.length > 0; isIdle = false) {
      if (side.session.busy) run(which, ({ session }) => session.advance())
      else run(which, ({ session }) => session.handle(side.inbox.shift()!))
    }
    return !isIdle
  }
  // One direction at a time: there and back is a round trip.
  for (let moved = true; moved;) {
    const isSearching = searching
    const [sent, answered] = [drain(0), drain(1)]
    if (isSearching && searching) trips++
    moved = sent || answered
  }
  const [first, second] = [sides[0].session.cost, sides[1].session.cost]
  return {
    bytes: first.bytesSent + second.bytesSent - first.recordBytesSent - second.recordBytesSent,
    trips,
    keys: sides[0].got + sides[1].got,
    cpu: [sides[0].cpuMs, sides[1].cpuMs],
    longest: Math.max(sides[0].longest, sides[1].longest),
  }
}

function sideOf(session: Session, index: SetIndex): Side {
  return { session, index, inbox: [], cpuMs: 0, longest: 0, got: 0 }
}

/** A record of one byte for each key: what counts here is the search. */
function recordsOf(keys: KeyList): StoredRecord[] {
  const bytes = new Uint8Array(1)
  return Array.from({ length: keys.length }, (_, at) => ({ keys: [at], bytes }))
}
