import type { Millis, PeerId, Ref } from '../event.ts'
import type { KeyList } from '../reconcile/key.ts'
import type { Session } from '../reconcile/session.ts'
import type { SessionMode, SessionReport, StoredRecord } from '../reconcile/session-output.ts'
import { keySize, type StoreRecord } from '../store/record.ts'

/** A comparison that somebody waits for. */
export interface Demand {
  readonly ref: Ref
  readonly peer: PeerId
  readonly topic: string
  readonly mode: SessionMode
}

/** A session with a peer, and the stream that it has for itself. */
export interface Talk {
  readonly stream: Ref
  readonly peer: PeerId
  /** The plain name; unknown until a peer has said what it opens. */
  topic?: string
  readonly demand?: Demand | undefined
  readonly isRound?: boolean
  session?: Session
  report?: SessionReport
  /** Records that are being checked, and whether more is to be asked for after them. */
  ingesting: number
  isAnswered: boolean
  unsent: number
  movedAt: Millis
  fetched: number
}

/** A talk of which only the peer is known. */
export const blank = (stream: Ref, peer: PeerId, now: Millis): Talk => ({
  stream,
  peer,
  ingesting: 0,
  isAnswered: false,
  unsent: 0,
  movedAt: now,
  fetched: 0,
})

/** Which of the keys that were asked for each record holds; records with none of them are left out. */
export function matched(
  records: readonly Pick<StoreRecord, 'keyTime' | 'keys' | 'bytes'>[],
  asked: KeyList,
): readonly StoredRecord[] {
  const places = new Map<string, number>()
  for (let at = 0; at < asked.length; at++) places.set(textOf(asked.time(at), asked.id(at)), at)
  const found: StoredRecord[] = []
  for (const { keyTime, keys, bytes } of records) {
    const indexes: number[] = []
    for (let at = 0; at < keys.length; at += keySize) {
      const place = places.get(textOf(keyTime, keys.subarray(at, at + keySize)))
      if (place !== undefined) indexes.push(place)
    }
    if (indexes.length > 0) found.push({ keys: indexes.toSorted((a, b) => a - b), bytes })
  }
  return found
}

const textOf = (time: number, id: Uint8Array): string => `${time}/${String.fromCharCode(...id)}`
