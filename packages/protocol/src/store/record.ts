import { concatBytes, keyOf } from '../bytes.ts'
import type { EnvelopeBody } from '../envelope.ts'
import type { PeerId } from '../event.ts'
import type { KeyList } from '../reconcile/key.ts'
import { isContentTopic, type TopicRules } from '../topic.ts'

/** Bytes of a key: as much of an id as tells messages apart (a collision of SHA-256 in 16 bytes takes 2^64 hashes). */
export const keySize = 16

/** An envelope, or a raw payload, as a store keeps it, with those of its messages that were accepted. */
export interface StoreRecord {
  readonly topic: string
  /** All wire bytes, the signature included; up to 1 MiB. */
  readonly bytes: Uint8Array
  /** Author time, µs since 1970; of a raw payload the time of its arrival. */
  readonly time: number
  /** `time`, or 0 on a topic whose ids come from content: those have no order that all nodes share but their ids. */
  readonly keyTime: number
  /** Ed25519 key, 32 bytes; empty for a raw payload. */
  readonly author: Uint8Array
  readonly epoch: number
  /** Of the envelope's first message. */
  readonly sequence: number
  /** Messages in the envelope, 1 to 1,024. */
  readonly count: number
  /** Indexes of the messages that are kept, ascending; undefined: all. */
  readonly kept: readonly number[] | undefined
  /** The first 16 bytes of the seen key of each kept message, one after the other. */
  readonly keys: Uint8Array
  /** On a topic with content ids: those of the kept messages, one after the other, each of the same 1 to 32 bytes; else undefined. */
  readonly ids: Uint8Array | undefined
  /** The peer that brought it; undefined for our own. */
  readonly from: PeerId | undefined
  /** How it came: `history` is reconciliation or an import. */
  readonly via: 'live' | 'history' | 'own'
  /** Our wall clock when it came, µs since 1970. */
  readonly arrivedAt: number
}

/** An envelope with what was found out about it. */
export interface Found {
  readonly rules: TopicRules
  readonly body: EnvelopeBody
  readonly bytes: Uint8Array
  /** Ids and seen keys of all its messages. */
  readonly ids: readonly Uint8Array[]
  readonly keys: readonly Uint8Array[]
  /** Indexes of the messages to keep, ascending. */
  readonly kept: readonly number[]
  readonly via: StoreRecord['via']
  readonly arrivedAt: number
  readonly from?: PeerId | undefined
}

const nobody = new Uint8Array(0)

/** What the store is to keep of an envelope. */
export function recordOf({ rules, body, bytes, ids, keys, kept, via, arrivedAt, from }: Found): StoreRecord {
  const { author, epoch, sequence, time, messages } = body
  return {
    topic: rules.name,
    bytes,
    time,
    keyTime: keyTimeOf(rules, time),
    // A raw payload has nothing that names its author, though we know our own.
    author: rules.format === 'raw' ? nobody : author,
    epoch,
    sequence,
    count: messages.length,
    kept: kept.length < messages.length ? kept : undefined,
    keys: concatBytes(...kept.map((index) => keys[index]!.subarray(0, keySize))),
    ids: isContentTopic(rules) ? concatBytes(...kept.map((index) => ids[index]!)) : undefined,
    via,
    arrivedAt,
    from,
  }
}

/** The ids of the kept messages of a record on a topic with content ids; undefined on others. */
export function contentIdsOf({ ids, keys }: Pick<StoreRecord, 'ids' | 'keys'>): readonly Uint8Array[] | undefined {
  if (ids === undefined) return undefined
  const count = keys.length / keySize
  const size = ids.length / count
  return Array.from({ length: count }, (_, at) => ids.subarray(at * size, (at + 1) * size))
}

/** The time by which a topic's keys are ordered: author time, or 0 where ids come from content. */
export const keyTimeOf = (rules: TopicRules, time: number): number => (isContentTopic(rules) ? 0 : time)

/** Indexes without those whose key came before: one content can stand twice in an envelope. */
export function uniqueByKey(indexes: readonly number[], keys: readonly Uint8Array[]): readonly number[] {
  if (indexes.length < 2) return indexes
  const found = new Set<string>()
  return indexes.filter((index) => {
    const key = keyOf(keys[index]!)
    return !found.has(key) && found.add(key)
  })
}

/** Whether an envelope, by the seen keys of its messages, holds everything that was asked for. */
export function holdsAll(keys: readonly Uint8Array[], keyTime: number, expected: KeyList): boolean {
  const found = new Set(keys.map((key) => keyOf(key.subarray(0, keySize))))
  for (let at = 0; at < expected.length; at++) {
    if (expected.time(at) !== keyTime || !found.has(keyOf(expected.id(at)))) return false
  }
  return true
}
