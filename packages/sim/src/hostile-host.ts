import {
  concatBytes,
  decodeEnvelope,
  encodeBody,
  encodeEnvelope,
  signedBytes,
  type Envelope,
  type EnvelopeBody,
  type Millis,
  type PeerId,
  type Sha256,
  type TopicRules,
} from '@grapevine/protocol'
import type { Frame, Packet } from './packet.ts'
import type { Rng } from './rng.ts'
import { sign } from './signature.ts'
import type { Actor, Port } from './world.ts'

/** Options of a {@link HostileHost}. */
export interface HostileHostOptions {
  readonly port: Port<Packet>
  readonly sha256: Sha256
  readonly networkId: Uint8Array
  /** Its own key: it signs as itself only. */
  readonly author: Uint8Array
  readonly topics: readonly TopicRules[]
  /** Whom it sends to, whatever the mesh is. */
  readonly victims: readonly PeerId[]
  /** It sends something of its own making this often, in ms, until `untilMs`. */
  readonly intervalMs: number
  readonly untilMs: Millis
  readonly wallAtStart: number
  /** How many frames it makes of what comes: what honest hosts accept of them comes back, so it would never end. */
  readonly twistsMax: number
}

/** How many honest frames it keeps for later. */
const hoardMax = 32

/**
 * A host that does everything a peer can do to hurt, with keys of its own: changed, cut and extended copies, copies with a
 * junk signature or on another topic ahead of the honest ones, replays, envelopes that break a rule, contradict each
 * other, or mix known content with bad. It never forwards what it should.
 */
export class HostileHost implements Actor<Packet> {
  nextWakeup: Millis | undefined
  readonly #options: HostileHostOptions
  readonly #rng: Rng
  readonly #hoard: Frame[] = []
  #sequence = 1
  #twists: number

  constructor(options: HostileHostOptions, now: Millis) {
    this.#options = options
    this.#twists = options.twistsMax
    this.#rng = options.port.rng
    this.nextWakeup = now + this.#rng.unit() * options.intervalMs
  }

  receive(from: PeerId, frame: Packet): void {
    // It has no streams.
    if (!('topic' in frame)) {
      if (frame.type !== 'reset') this.#options.port.send(from, { type: 'reset', stream: frame.stream })
      return
    }
    if (this.#hoard.length >= hoardMax) this.#hoard.shift()
    this.#hoard.push(frame)
    for (let count = this.#rng.between(1, 3); count > 0 && this.#twists > 0; count--, this.#twists--) {
      this.#send(this.#twist(frame))
    }
  }

  tick(now: Millis): void {
    const { intervalMs, untilMs } = this.#options
    this.#send(this.#rng.chance(0.3) && this.#hoard.length > 0 ? this.#replay() : this.#craft(now))
    this.nextWakeup = now >= untilMs ? undefined : now + (0.5 + this.#rng.unit()) * intervalMs
  }

  #send(frame: Frame): void {
    const { victims, port } = this.#options
    const to = this.#rng.chance(0.5) ? victims : [this.#rng.pick(victims)]
    for (const victim of to) port.send(victim, frame)
  }

  /** A copy of what came, made to get in its way. */
  #twist({ topic, bytes }: Frame): Frame {
    const rng = this.#rng
    const decoded = decodeEnvelope(bytes)
    const choice = rng.below(7)
    if (decoded.ok && choice === 0) {
      return { topic, bytes: encodeEnvelope(decoded.envelope.bodyBytes, rng.bytes(64)) }
    }
    if (choice === 1) return { topic: this.#otherTopic(topic), bytes }
    if (choice === 2) return { topic, bytes: bytes.slice(0, rng.below(bytes.length)) }
    if (choice === 3) return { topic, bytes: concatBytes(bytes, rng.bytes(rng.between(1, 20))) }
    if (decoded.ok && choice === 4) return { topic, bytes: this.#adopt(decoded.envelope, topic) }
    if (choice === 5) return { topic, bytes: bytes.slice() }
    const changed = bytes.slice()
    // Often where the version stands.
    const at = rng.below(rng.chance(0.4) ? 2 : changed.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << rng.below(8))
    return { topic, bytes: changed }
  }

  #replay(): Frame {
    const frame = this.#rng.pick(this.#hoard)
    return this.#rng.chance(0.5) ? frame : this.#twist(frame)
  }

  /** Somebody else's messages under its own name, perhaps with one more that is bad. */
  #adopt({ body }: Envelope, wireName: string): Uint8Array {
    const extra = this.#rng.chance(0.5) ? [this.#rng.bytes(8)] : []
    const messages = this.#rng.shuffle([...body.messages, ...extra]).slice(0, 100)
    // Beside a reference nothing can stand; alone it promises a body that this host does not have.
    const reference = extra.length === 0 ? body.reference : undefined
    return this.#seal({ ...body, author: this.#options.author, messages, reference }, wireName)
  }

  /** Something of its own, well signed, more or less wrong. */
  #craft(now: Millis): Frame {
    const { author, topics, wallAtStart } = this.#options
    const rng = this.#rng
    const rules = rng.pick(topics)
    const aheadUs = rng.pick([0, 0, 0, 119_000_000, 121_000_000, 1e12])
    const sequence = rng.pick([this.#sequence++, this.#sequence, 1, Number.MAX_SAFE_INTEGER - 2_000])
    const sizes = [0, 1, 8, 8, 40, rules.messageBytesMax, rules.messageBytesMax + 1]
    const messages = Array.from({ length: rng.pick([1, 1, 1, 2, 4]) }, () =>
      rng.bytes(Math.min(rng.pick(sizes), 9_000)),
    )
    // Rules go by the first byte: half of the time they find the same fault in all of an envelope.
    const first = rng.between(0xa0, 0xff)
    if (rng.chance(0.5)) for (const message of messages) message.fill(first, 0, 1)
    const body: EnvelopeBody = {
      author,
      epoch: rng.pick([1, 2, 1_000_000]),
      sequence,
      time: wallAtStart + Math.floor(now * 1000) + aheadUs,
      parents: rng.chance(0.2) ? [rng.bytes(32)] : [],
      messages,
    }
    if (rng.chance(0.1)) return { topic: rules.wireName, bytes: rng.bytes(rng.below(300)) }
    return { topic: rules.wireName, bytes: this.#seal(body, rules.wireName) }
  }

  #seal(body: EnvelopeBody, wireName: string): Uint8Array {
    const { sha256, networkId, author, topics } = this.#options
    const name = topics.find((topic) => topic.wireName === wireName)?.name ?? 'none'
    const bodyBytes = encodeBody(body)
    return encodeEnvelope(bodyBytes, sign(sha256, author, signedBytes(networkId, name, bodyBytes)))
  }

  #otherTopic(wireName: string): string {
    const others = this.#options.topics.filter((topic) => topic.wireName !== wireName).map((topic) => topic.wireName)
    return this.#rng.pick([...others, `${wireName}/not-held`])
  }
}
