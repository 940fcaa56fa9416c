import {
  type Action,
  decodeEnvelope,
  type Decision,
  type Event,
  messageIds,
  type Sha256,
  signedBytes,
  toHex,
  type TopicRules,
} from '@grapevine/protocol'
import { isOwnTopic } from './own-topic.ts'

/** What became of something on one side. */
export interface Outcome {
  /** The last verdict on an envelope of another node. */
  decision?: Decision
  /** The message went to readers. */
  isDelivered?: true
  /** What was said to a publish: `published`, or why it was refused. */
  answer?: string
}

/** Something that went otherwise. */
export interface Change {
  /** Message id in hex; absent where nobody knows it: of bytes that could not be read, and of a publish that was refused. */
  readonly id?: string
  /** Of its envelope. */
  readonly gossipId?: string
  /** The plain name, or that on the wire where the topic was not held. */
  readonly topic: string
  readonly from?: string
  readonly before: Outcome
  readonly after: Outcome
}

interface Fate {
  readonly topic: string
  readonly id?: string
  readonly gossipId?: string
  readonly from?: string
  readonly sides: readonly [Outcome, Outcome]
}

/** Which of the two machines: that of the recording, or the other one. */
export type Side = 0 | 1

/** What became of every message with two machines that were given the same. */
export class Fates {
  readonly #sha256: Sha256
  readonly #networkId: Uint8Array
  readonly #envelopes = new Map<string, Fate & { readonly ids: readonly string[] }>()
  readonly #messages = new Map<string, Fate>()
  readonly #publishes = new Map<number, Fate>()

  constructor(sha256: Sha256, networkId: Uint8Array) {
    this.#sha256 = sha256
    this.#networkId = networkId
  }

  /** An event that both are given; `rules`: those of its topic. */
  event(event: Event, rules: TopicRules | undefined): void {
    if ('topic' in event && isOwnTopic(event.topic)) return
    if (event.type === 'publish') {
      this.#publishes.set(event.ref, { topic: event.topic, sides: [{}, {}] })
    } else if (event.type === 'received' && !isOwnTopic(rules?.name) && !this.#envelopes.has(event.gossipId)) {
      const { gossipId, from, topic, bytes } = event
      const ids = rules === undefined ? [] : this.#idsOf(rules, bytes)
      this.#envelopes.set(gossipId, { gossipId, from, topic: rules?.name ?? topic, ids, sides: [{}, {}] })
    }
  }

  /** What one of them did. */
  action(action: Action, side: Side): void {
    if (action.type === 'verdict' || action.type === 'settled') {
      const fate = this.#envelopes.get(action.gossipId)
      if (fate !== undefined) fate.sides[side].decision = action.decision
    } else if (action.type === 'deliver') {
      if (isOwnTopic(action.messages[0]?.topic)) return
      for (const { id, topic, from } of action.messages) {
        this.#message(toHex(id), topic, from).sides[side].isDelivered = true
      }
    } else if (action.type === 'published' || action.type === 'refused') {
      const fate = this.#publishes.get(action.ref)
      if (fate !== undefined) fate.sides[side].answer = action.type === 'refused' ? action.code : 'published'
    }
  }

  /** All that went otherwise: messages by their envelopes, in the order in which they came, then those that came in other ways. */
  *changes(): Generator<Change> {
    const told = new Set<string>()
    for (const { ids, sides, ...rest } of this.#envelopes.values()) {
      if (sameDecision(sides[0].decision, sides[1].decision)) continue
      if (ids.length === 0) yield changeOf({ ...rest, sides })
      for (const id of ids) {
        const key = keyOf(rest.topic, id)
        told.add(key)
        const [before, after] = this.#messages.get(key)?.sides ?? [{}, {}]
        yield changeOf({
          ...rest,
          id,
          sides: [
            { ...sides[0], ...before },
            { ...sides[1], ...after },
          ],
        })
      }
    }
    for (const [key, fate] of this.#messages) {
      if (!told.has(key) && fate.sides[0].isDelivered !== fate.sides[1].isDelivered) yield changeOf(fate)
    }
    for (const fate of this.#publishes.values()) {
      if (fate.sides[0].answer !== fate.sides[1].answer) yield changeOf(fate)
    }
  }

  #message(id: string, topic: string, from: string | undefined): Fate {
    const key = keyOf(topic, id)
    let fate = this.#messages.get(key)
    if (fate === undefined) {
      fate = { id, topic, ...(from !== undefined && { from }), sides: [{}, {}] }
      this.#messages.set(key, fate)
    }
    return fate
  }

  #idsOf(rules: TopicRules, bytes: Uint8Array): readonly string[] {
    if (rules.format === 'signed') return []
    const decoded = rules.format === 'raw' ? undefined : decodeEnvelope(bytes)
    if (decoded?.ok === false) return []
    const { body, bodyBytes } = decoded?.envelope ?? { body: undefined, bodyBytes: bytes }
    const messages = body?.messages ?? [bytes]
    const { contentId } = rules
    const reference = body?.reference
    if (contentId === undefined) {
      const signed = signedBytes(this.#networkId, rules.name, bodyBytes)
      return messageIds(this.#sha256, signed, reference === undefined ? messages.length : 1).map(toHex)
    }
    if (reference !== undefined) return reference.id === undefined ? [] : [toHex(reference.id)]
    try {
      const ids = messages.map((payload) => contentId(payload, body?.author ?? new Uint8Array()))
      return ids.flatMap((id) => (id instanceof Uint8Array ? [toHex(id)] : []))
    } catch {
      return []
    }
  }
}

const keyOf = (topic: string, id: string): string => `${topic}\0${id}`

const sameDecision = (a: Decision | undefined, b: Decision | undefined): boolean =>
  a?.verdict === b?.verdict && a?.reason === b?.reason

const changeOf = ({ sides: [before, after], ...rest }: Fate): Change => ({ ...rest, before, after })
