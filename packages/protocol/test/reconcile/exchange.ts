import type { Bound, KeyList } from '../../src/reconcile/key.ts'
import { Session } from '../../src/reconcile/session.ts'
import type { SessionOptions } from '../../src/reconcile/session-options.ts'
import type { EndReason, SessionOutput, SessionReport, StoredRecord } from '../../src/reconcile/session-output.ts'
import type { SetIndex } from '../../src/reconcile/set-index.ts'

/** One end of a session with its store. */
export interface Side {
  readonly session: Session
  readonly index: SetIndex
  readonly received: { readonly keys: KeyList; readonly bytes: Uint8Array }[]
  readonly missing: Bound[]
  readonly refused: Bound[]
  report?: SessionReport
  reason?: EndReason
}

/** What a host does for its session. */
export interface Host {
  /** The records of keys; by default a record of 100 bytes for each. */
  readonly load?: (keys: KeyList) => { readonly records: readonly StoredRecord[]; readonly refused?: readonly number[] }
  /** Changes a frame on its way out; undefined: it is lost. */
  readonly send?: (frame: Uint8Array) => Uint8Array | undefined
}

export type Options = Omit<SessionOptions, 'topic'>

/** Runs a session to its end and returns both sides. Whatever comes goes into the index, as a host would do. */
export function exchange(opens: Options, answers: Options, hosts: { opens?: Host; answers?: Host } = {}): [Side, Side] {
  const a = sideOf(Session.open({ topic: 'test', ...opens }), opens.index)
  const b = sideOf(Session.answer({ topic: 'test', ...answers }), answers.index)
  const queues: [Uint8Array[], Uint8Array[]] = [[], []]
  const sides: readonly { side: Side; host: Host; to: Uint8Array[]; from: Uint8Array[] }[] = [
    { side: a, host: hosts.opens ?? {}, to: queues[0], from: queues[1] },
    { side: b, host: hosts.answers ?? {}, to: queues[1], from: queues[0] },
  ]
  for (let steps = 0, moved = true; moved; steps++) {
    if (steps > 200_000) throw new Error('the session does not end')
    moved = false
    for (const { side, host, to, from } of sides) {
      const frame = side.session.busy ? undefined : from.shift()
      if (frame === undefined && !side.session.busy) continue
      moved = true
      const outputs = frame === undefined ? side.session.advance() : side.session.handle(frame)
      carryOut(side, host, to, outputs)
    }
  }
  return [a, b]
}

function sideOf(session: Session, index: SetIndex): Side {
  return { session, index, received: [], missing: [], refused: [] }
}

function carryOut(side: Side, host: Host, to: Uint8Array[], outputs: readonly SessionOutput[]): void {
  for (const output of outputs) {
    switch (output.type) {
      case 'send': {
        const frame = host.send === undefined ? output.frame : host.send(output.frame)
        if (frame !== undefined) to.push(frame)
        break
      }
      case 'load': {
        const { records, refused } = host.load?.(output.keys) ?? oneEach(output.keys)
        carryOut(side, host, to, side.session.loaded(records, refused))
        break
      }
      case 'record':
        side.received.push(output)
        for (let at = 0; at < output.keys.length; at++) side.index.add(output.keys.time(at), output.keys.id(at))
        break
      case 'answered':
        side.missing.push(...boundsOf(output.missing))
        side.refused.push(...boundsOf(output.refused))
        carryOut(side, host, to, side.session.next())
        break
      case 'report':
        side.report = output.report
        break
      case 'ended':
        side.reason = output.reason
    }
  }
}

/** A record of 100 bytes for each key, which begins with its id. */
function oneEach(keys: KeyList): { readonly records: StoredRecord[]; readonly refused?: readonly number[] } {
  const records = boundsOf(keys).map(({ id }, index) => {
    const bytes = new Uint8Array(100)
    bytes.set(id)
    return { keys: [index], bytes }
  })
  return { records }
}

export function boundsOf(keys: KeyList): Bound[] {
  return Array.from({ length: keys.length }, (_, at) => ({ time: keys.time(at), id: keys.id(at).slice() }))
}
