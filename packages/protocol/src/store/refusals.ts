import { keyOf } from '../bytes.ts'
import type { Millis, PeerId } from '../event.ts'
import { isContentTopic, type TopicRules } from '../topic.ts'
import type { Decision, Reason } from '../verdict.ts'

/** Messages that a peer's store gave. */
export interface Offer {
  readonly rules: TopicRules
  readonly from: PeerId
  /** Keys of all of them. */
  readonly keys: readonly Uint8Array[]
}

interface Entry {
  readonly topic: string
  readonly name: string
  readonly peer: PeerId
  readonly reason: Reason
  readonly at: Millis
}

/** Refusals at once, over all topics: about 13 MB. */
const refusalsMax = 65_536

/** Rules and what validators know change: after an hour peers are asked again. A guess. */
const refusalMsMax = 3_600_000

/** What had to wait and was given up is asked for again after a minute: what it waits for may have come. */
const givenUpMs = 60_000

/**
 * Reasons that lie in the message itself, so that to fetch it again would end the same way. None of them is a failure of
 * ours, of the peer that brought it (its author's signature was good), or of the moment, as `future` is.
 */
const lasting: ReadonlySet<Reason> = new Set<Reason>([
  'expired',
  'foreign',
  'other-definition',
  'rule-ignored',
  'oversize',
  'bad-schema',
  'rule-rejected',
  'dependency-refused',
  'dependency-cycle',
  'bad-body',
])

/** Reasons for a shorter while: they are about what else was here. */
const passing: ReadonlySet<Reason> = new Set<Reason>([
  'dependency-missing',
  'deferred-too-long',
  'deferred-too-often',
  'park-full',
  'body-missing',
  'body-no-room',
  'body-unkept',
])

/** Whether a refusal is worth remembering: whether the same message would be refused again. */
export const isLasting = (reason: Reason): boolean => lasting.has(reason)

/**
 * Messages that stores of peers hold and this node does not want: verdicts that depend on state or on rules can differ
 * between nodes. They are left out of sessions, so that they are fetched once and not in every round, and count as
 * refused, not as missing. An id from signed bytes stands for one message, whoever offers it; a content id may stand for
 * several, and a bad one must not keep out the good one: there a refusal is about what this peer offers. Bounded: when it is
 * full, the oldest of the peer that has most makes room, so that no peer can push out what others brought. In memory: a
 * new life may have other rules, and asks again.
 */
export class Refusals {
  readonly #max: number
  readonly #byTopic = new Map<string, Map<string, Entry>>()
  /** In order of time. */
  readonly #byPeer = new Map<PeerId, Set<Entry>>()
  #size = 0

  constructor(max: number = refusalsMax) {
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  /** Remembers messages that are refused, if the reason lasts; the first 16 bytes of a key count. */
  note({ rules, from, keys }: Offer, { reason }: Decision, now: Millis): void {
    if (!isLasting(reason) && !passing.has(reason)) return
    const isContent = isContentTopic(rules)
    // Another envelope around the same content may be younger.
    if (reason === 'expired' && isContent) return
    for (const key of keys) {
      this.#add({ topic: rules.name, name: nameOf(key, isContent ? from : ''), peer: from, reason, at: now })
    }
  }

  /** Whether what this peer has under a key is refused, and was so in the last hour. */
  has(topic: string, key: Uint8Array, peer: PeerId, now: Millis): boolean {
    const entries = this.#byTopic.get(topic)
    const entry = entries && (entries.get(nameOf(key, '')) ?? entries.get(nameOf(key, peer)))
    if (entry === undefined) return false
    if (now - entry.at < (passing.has(entry.reason) ? givenUpMs : refusalMsMax)) return true
    this.#remove(entry)
    return false
  }

  /** Messages were accepted after all. */
  accepted(topic: string, keys: readonly Uint8Array[]): void {
    const entries = this.#byTopic.get(topic)
    if (entries === undefined) return
    for (const key of keys) {
      const entry = entries.get(nameOf(key, ''))
      if (entry !== undefined) this.#remove(entry)
    }
  }

  /** The topic has other rules from now on, or is not held any more. */
  forget(topic: string): void {
    for (const entry of this.#byTopic.get(topic)?.values() ?? []) this.#remove(entry)
  }

  /** How many of a topic are refused, by reason. */
  count(topic: string): Readonly<Partial<Record<Reason, number>>> {
    const counts: Partial<Record<Reason, number>> = {}
    for (const { reason } of this.#byTopic.get(topic)?.values() ?? []) counts[reason] = (counts[reason] ?? 0) + 1
    return counts
  }

  #add(entry: Entry): void {
    const { topic, name, peer } = entry
    const known = this.#byTopic.get(topic)?.get(name)
    if (known !== undefined) this.#remove(known)
    else if (this.#size >= this.#max) this.#remove(this.#spare())
    const ofTopic = this.#byTopic.get(topic) ?? new Map<string, Entry>()
    const ofPeer = this.#byPeer.get(peer) ?? new Set<Entry>()
    this.#byTopic.set(topic, ofTopic.set(name, entry))
    this.#byPeer.set(peer, ofPeer.add(entry))
    this.#size++
  }

  /** The oldest of the peer that has most. */
  #spare(): Entry {
    let most: ReadonlySet<Entry> = new Set()
    for (const entries of this.#byPeer.values()) if (entries.size > most.size) most = entries
    return most.values().next().value!
  }

  #remove(entry: Entry): void {
    const { topic, name, peer } = entry
    const [ofTopic, ofPeer] = [this.#byTopic.get(topic)!, this.#byPeer.get(peer)!]
    ofTopic.delete(name)
    if (ofTopic.size === 0) this.#byTopic.delete(topic)
    ofPeer.delete(entry)
    if (ofPeer.size === 0) this.#byPeer.delete(peer)
    this.#size--
  }
}

const nameOf = (key: Uint8Array, peer: PeerId): string => keyOf(key.subarray(0, 16)) + peer
