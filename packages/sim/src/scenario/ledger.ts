import {
  decodeEnvelope,
  encodeBodyReference,
  equalBytes,
  keyOf,
  toHex,
  type Action,
  type Message,
  type Millis,
  type Ref,
} from '@grapevine/protocol'
import { ChunkTree } from '@grapevine/protocol/fetch'
import type { MachineLike } from '../record.ts'
import type { HostId } from '../world.ts'
import { isByContent } from './plan.ts'

/** What every run must keep, with the sentence that a failure prints. */
export const invariants = {
  once: 'one life of a host delivers a message at most once',
  reach: 'an acknowledged message reaches every holder that stayed connected to its publisher',
  authentic: 'what is delivered under an honest key is what that author published, there and then',
  'honest-reject': 'no honest host rejects what an honest host sent it',
  sequence: 'an author numbers its messages without gap or repeat within topic and epoch',
  answer: 'every publish is answered exactly once',
  why: 'the journal knows that a delivered message was delivered',
  impersonated: 'no honest host takes its own messages, of this life or an earlier one, for those of an impostor',
  idle: 'nothing stays under check when nothing is left to happen',
  'not-held': 'a host delivers only what belongs to topics it holds',
  held: 'an acknowledged message is in the end on every honest holder of its topic, unless a floor is above it',
  equal: 'in the end all honest holders of a topic hold the same messages above their floors',
  verified: 'in the end two hosts that compare their stores find them equal, and as large as they are',
  mirror: 'a machine believes that it holds what its disk holds',
  'stored-once': 'a host stores no message again that is on its disk',
  committed: 'what is delivered is on disk, under the number that it is delivered with',
  order: 'a host delivers in the order in which its disk took the messages, also across its lives',
  breach: 'no honest host finds that another breaks the protocol of reconciliation',
  bounded: 'a host has one session with a peer, fourteen in all, and 512 KiB unsent on each, at most',
  pace: 'no host opens streams to a peer, or asks for turns, as fast as it can',
} as const

/** The name of an invariant. */
export type Invariant = keyof typeof invariants

/** An invariant that did not hold. */
export interface Violation {
  readonly invariant: Invariant
  readonly host: HostId
  readonly at: Millis
  readonly detail: string
}

/** One life of an honest host. */
export interface Life {
  readonly host: HostId
  readonly epoch: number
  /** Public key, in the form of `keyOf`. */
  readonly author: string
  readonly topics: ReadonlySet<string>
  machine: MachineLike | undefined
  /** By topic and id: the same content on two topics is two messages. */
  readonly delivered: Set<string>
  /** Publishes that wait for their answer. */
  readonly waiting: Map<Ref, { readonly topic: string; readonly at: Millis }>
  /** By topic: how many messages went to gossip, and the largest sequence. Envelopes in flight may overtake. */
  readonly numbers: Map<string, { count: number; last: number }>
}

/** A life that begins. */
export function lifeOf(
  host: HostId,
  { epoch, author }: { readonly epoch: number; readonly author: Uint8Array },
  topics: readonly string[],
): Life {
  const seen = { delivered: new Set<string>(), waiting: new Map(), numbers: new Map() }
  return { host, epoch, author: keyOf(author), topics: new Set(topics), machine: undefined, ...seen }
}

/** A publish that was acknowledged. */
export interface Acknowledged {
  /** As in {@link Life.delivered}. */
  readonly key: string
  readonly id: Uint8Array
  readonly topic: string
  readonly publisher: HostId
  /** When it was published. */
  readonly since: Millis
  /** The same content was accepted before. */
  readonly duplicate: boolean
}

/** Watches all actions of all honest hosts for what must never happen, and keeps what must be looked at later. */
export class Ledger {
  readonly violations: Violation[] = []
  readonly #honest: ReadonlySet<string>
  readonly #isHonest: (host: HostId) => boolean
  readonly #onAcknowledged: (message: Acknowledged) => void
  /** What honest authors gave to gossip or to their disk, by author, topic, epoch and sequence. */
  readonly #origins = new Map<string, Uint8Array>()
  readonly #gossiped = new Set<string>()
  readonly #gapless: boolean
  delivered = 0

  constructor(options: {
    /** Keys of honest authors, in the form of `keyOf`. */
    readonly honestAuthors: ReadonlySet<string>
    readonly isHonest: (host: HostId) => boolean
    readonly onAcknowledged: (message: Acknowledged) => void
    /** Whether authors leave no gap in their numbers: false where a disk can refuse a message. */
    readonly gapless?: boolean
  }) {
    this.#honest = options.honestAuthors
    this.#isHonest = options.isHonest
    this.#onAcknowledged = options.onAcknowledged
    this.#gapless = options.gapless ?? true
  }

  fail(invariant: Invariant, host: HostId, at: Millis, detail: string): void {
    this.violations.push({ invariant, host, at, detail })
  }

  /** Takes one action of one life. */
  act(life: Life, action: Action, now: Millis): void {
    if (action.type === 'deliver') for (const message of action.messages) this.#deliver(life, message, now)
    else if (action.type === 'gossip') this.#gossip(life, action, now)
    else if (action.type === 'published') this.#published(life, action, now)
    else if (action.type === 'refused') this.#answered(life, action.ref, now)
    else if (action.type === 'store') this.#store(life, action)
    else if (action.type === 'verdict' || action.type === 'ingested' || action.type === 'settled') {
      const { verdict, reason, detail = '' } = action.decision
      if (verdict === 'reject' && this.#isHonest(action.from))
        this.fail('honest-reject', life.host, now, `${reason}, from ${action.from}: ${detail}`)
    } else if (action.type === 'blamed') {
      if (this.#isHonest(action.peer)) this.fail('honest-reject', life.host, now, `${action.reason}, of ${action.peer}`)
    } else if (action.type === 'impersonated') {
      this.fail('impersonated', life.host, now, `epoch ${action.body.epoch}, from ${action.from}`)
    }
  }

  /** Looks at a life when all is over. */
  close(life: Life, now: Millis): void {
    for (const [ref, { topic, at }] of life.waiting) {
      this.fail('answer', life.host, now, `publish ${ref} on ${topic}, at ${at} ms, was never answered`)
    }
    for (const [topic, { count, last }] of life.numbers) {
      if (count !== last && this.#gapless)
        this.fail('sequence', life.host, now, `${topic}: ${count} messages, numbered up to ${last}`)
    }
    const { pendingBytes = 0 } = life.machine?.snapshot() ?? {}
    if (pendingBytes !== 0) this.fail('idle', life.host, now, `${pendingBytes} bytes under check`)
  }

  /** What goes to disk comes before gossip; a number that the disk refused is free again. */
  #store(life: Life, { record }: Action & { type: 'store' }): void {
    if (record.via !== 'own' || record.author.length === 0) return
    const decoded = decodeEnvelope(record.bytes)
    if (!decoded.ok) return
    const { epoch, sequence, messages } = decoded.envelope.body
    for (const [index, payload] of messages.entries()) {
      this.#origins.set(originKey(life.author, record.topic, epoch, sequence + index), payload)
    }
  }

  #published(life: Life, { ref, id, duplicate }: Action & { type: 'published' }, now: Millis): void {
    const publish = this.#answered(life, ref, now)
    if (publish === undefined) return
    this.#onAcknowledged({
      duplicate,
      key: messageKey(publish.topic, id),
      id,
      topic: publish.topic,
      publisher: life.host,
      since: publish.at,
    })
  }

  #answered(life: Life, ref: Ref, now: Millis): { readonly topic: string; readonly at: Millis } | undefined {
    const publish = life.waiting.get(ref)
    if (publish === undefined) this.fail('answer', life.host, now, `publish ${ref} was answered again`)
    life.waiting.delete(ref)
    return publish
  }

  #deliver(life: Life, message: Message, now: Millis): void {
    const { host, delivered, machine } = life
    const { id, topic, author, epoch, sequence, payload, from } = message
    const key = messageKey(topic, id)
    const name = `${toHex(id).slice(0, 12)} on ${topic}`
    this.delivered++
    if (delivered.has(key)) this.fail('once', host, now, `${name}, ${from === undefined ? 'its own' : `from ${from}`}`)
    delivered.add(key)
    if (!life.topics.has(topic)) this.fail('not-held', host, now, name)
    if (machine?.why(id)?.steps.some(({ what }) => what === 'delivered') !== true) this.fail('why', host, now, name)
    if (topic === 'raw' || !this.#honest.has(keyOf(author))) return
    const origin = this.#origins.get(originKey(keyOf(author), topic, epoch, sequence))
    if (origin === undefined || !equalBytes(origin, signedPayload(message))) {
      this.fail('authentic', host, now, `${name}, epoch ${epoch}, sequence ${sequence}, ${payload.length} bytes`)
    }
  }

  #gossip(life: Life, action: Action & { type: 'gossip' }, now: Millis): void {
    const topic = action.topic.split('/').slice(4).join('/')
    // Raw payloads have neither author nor sequence.
    if (topic === 'raw') return
    const decoded = decodeEnvelope(action.bytes)
    if (!decoded.ok) return this.fail('authentic', life.host, now, `sent what does not decode: ${decoded.detail}`)
    const { epoch, sequence, messages } = decoded.envelope.body
    const numbers = life.numbers.get(topic) ?? { count: 0, last: 0 }
    life.numbers.set(topic, numbers)
    for (const [index, payload] of messages.entries()) {
      const key = originKey(life.author, topic, epoch, sequence + index)
      if (epoch !== life.epoch || this.#gossiped.has(key)) {
        this.fail('sequence', life.host, now, `${topic}: epoch ${epoch}, sequence ${sequence + index} again`)
      }
      this.#gossiped.add(key)
      this.#origins.set(key, payload)
      numbers.count++
      numbers.last = Math.max(numbers.last, sequence + index)
    }
  }
}

/** What an author signs of a message: its payload, or a reference to the body that readers got. */
function signedPayload({ id, topic, payload, fetched }: Message): Uint8Array {
  if (fetched === undefined) return payload
  const { root } = new ChunkTree(payload)
  return encodeBodyReference({ ...(isByContent(topic) && { id }), size: payload.length, root })
}

const originKey = (author: string, topic: string, epoch: number, sequence: number): string =>
  `${author}/${topic}/${epoch}/${sequence}`

/** A message as {@link Life.delivered} has it. */
export const messageKey = (topic: string, id: Uint8Array): string => `${topic}/${keyOf(id)}`
