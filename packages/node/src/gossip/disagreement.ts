import type { Dialect } from '@grapevine/protocol'
import type { GossipDialect } from './dialect.ts'
import type { GossipsubInternals, RpcControl, RpcMessage } from './internals.ts'

/** What a peer does otherwise than this network, and what its operator can do about it. */
export interface Disagreement {
  readonly problem: string
  readonly hint: string
}

/** What disagreements are found by. */
export interface DisagreementOptions {
  readonly dialect: Dialect
  readonly isId: GossipDialect['isId']
  /** Name of a held topic → its wire topic. */
  readonly wireTopicOf: (name: string) => string | undefined
  /** Once for each peer, at most 20 times a minute. */
  readonly onFound: (peer: string, found: Disagreement) => void
  /** A peer sent what has the signature of nobody that it names. */
  readonly onForged: (peer: string) => void
  readonly now: () => number
}

/** Peers that are remembered; those told of so that one that comes and goes is told of once. */
const peersMax = 1_024
const linesMax = 20
const linesMs = 60_000
/** Ids that are looked at in an IHAVE: a peer has one rule. */
const idsMax = 4

const joinHint = 'for its network: grapevine join --dialect pubsub --peer ADDRESS, in another home'

const signs: Disagreement = {
  problem:
    'signs its messages, and in this network nobody does, so that they are refused: it speaks the dialect pubsub',
  hint: `set the signature policy StrictNoSign there; ${joinHint}`,
}
const numbers: Disagreement = {
  problem: 'puts author or number on its messages, and in this network nobody does, so that they are refused',
  hint: 'set StrictNoSign there, without an author: WithNoAuthor() in Go, MessageAuthenticity::Anonymous in Rust',
}
const signsNot: Disagreement = {
  problem: 'does not sign its messages, and in this network everybody does, so that they are refused',
  hint: 'set the signature policy StrictSign there; a network of dialect grapevine is joined by a ticket, in another home',
}
const forges: Disagreement = {
  problem: 'sends messages whose signatures are not those of their authors',
  hint: 'its software is at fault, or it means harm: grapevine peer block',
}
const speaksGrapevine: Disagreement = {
  problem: 'speaks the dialect grapevine: its topics begin with /gv/1/, and those of this network do not',
  hint: 'its network is joined by a ticket, in another home: grapevine join TICKET',
}

/**
 * Finds out that a peer speaks another dialect, or goes by another rule, before anybody has to wonder why nothing arrives.
 * It says nothing of peers that only relay such messages: every implementation refuses them at once.
 */
export class Disagreements {
  readonly #options: DisagreementOptions
  /** Of connected peers. */
  readonly #found = new Map<string, Disagreement>()
  readonly #told = new Set<string>()
  #lines = 0
  #linesSince = 0

  constructor(options: DisagreementOptions) {
    this.#options = options
  }

  of(peer: string): Disagreement | undefined {
    return this.#found.get(peer)
  }

  /** A peer is gone. */
  forget(peer: string): void {
    this.#found.delete(peer)
  }

  /** Wraps what gossipsub does with messages and control messages of peers. */
  watch(inner: GossipsubInternals): void {
    const validate = inner.validateReceivedMessage.bind(inner)
    inner.validateReceivedMessage = async (from, message) => {
      const result = await validate(from, message)
      if (result.code === 'invalid') this.refused(from.toString(), message)
      return result
    }
    const handle = inner.handleControlMessage.bind(inner)
    inner.handleControlMessage = (peer, control) => {
      if (control?.ihave !== undefined) this.advertised(peer, control.ihave, (topic) => inner.mesh.has(topic))
      return handle(peer, control)
    }
  }

  /** Gossipsub refused a message for its signature policy. */
  refused(peer: string, { signature, seqno }: RpcMessage): void {
    if (this.#options.dialect === 'grapevine') return this.#find(peer, signature === undefined ? numbers : signs)
    if (signature === undefined || seqno === undefined) return this.#find(peer, signsNot)
    this.#options.onForged(peer)
    this.#find(peer, forges)
  }

  /** A peer says which messages it has. */
  advertised(peer: string, ihave: RpcControl['ihave'], isHeld: (topic: string) => boolean): void {
    for (const { topicID, messageIDs } of ihave) {
      if (!isHeld(topicID)) continue
      const strange = messageIDs?.slice(0, idsMax).find((id) => !this.#options.isId(id))
      if (strange !== undefined) return this.#find(peer, otherIds(this.#options.dialect, strange))
    }
  }

  /** A peer subscribes to topics. */
  subscribed(peer: string, topics: readonly string[]): void {
    const { dialect, wireTopicOf } = this.#options
    for (const topic of topics) {
      if (dialect === 'pubsub') {
        if (/^\/gv\/1\/[0-9a-f]{16}\//.test(topic)) return this.#find(peer, speaksGrapevine)
        continue
      }
      const wire = wireTopicOf(topic)
      if (wire !== undefined && !topics.includes(wire)) return this.#find(peer, plainTopic(topic, wire))
    }
  }

  #find(peer: string, found: Disagreement): void {
    const { onFound, now } = this.#options
    if (this.#found.has(peer)) return
    this.#found.set(peer, found)
    dropOldest(this.#found)
    if (this.#told.has(peer)) return
    if (now() - this.#linesSince >= linesMs) {
      this.#linesSince = now()
      this.#lines = 0
    }
    if (++this.#lines > linesMax) return
    this.#told.add(peer)
    dropOldest(this.#told)
    onFound(peer, found)
  }
}

function dropOldest(peers: Map<string, unknown> | Set<string>): void {
  const [oldest] = peers.size > peersMax ? peers.keys() : []
  if (oldest !== undefined) peers.delete(oldest)
}

const plainTopic = (topic: string, wire: string): Disagreement => ({
  problem: `subscribes to ${topic} and not to ${wire}: it does not speak the dialect grapevine`,
  hint: `let it use the whole name there; ${joinHint}`,
})

/** What the ids of other implementations look like where nobody set a rule. */
function otherIds(dialect: Dialect, id: Uint8Array): Disagreement {
  const wanted =
    dialect === 'grapevine'
      ? 'SHA-256(topic ‖ 00 ‖ data)'
      : 'author ‖ sequence number in bytes, as go-libp2p-pubsub does by default'
  return {
    problem: `names its messages by another rule (ids of ${id.length} bytes${likely(id)}): neither gets what the other offers`,
    hint: `set the message id function there to ${wanted}: docs/interop.md`,
  }
}

function likely(id: Uint8Array): string {
  if (id.length === 0) return ', which no function was set for'
  if (id.length >= 47 && /^[1-9A-HJ-NP-Za-km-z]{46,53}[0-9]+$/.test(Buffer.from(id).toString('latin1')))
    return ", rust-libp2p's default"
  return id.length === 44 && id[0] === 0x08 ? ", js-libp2p's default" : ''
}
