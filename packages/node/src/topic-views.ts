import {
  equalBytes,
  isDefaultDefinition,
  toHex,
  type AuthorDefinition,
  type TopicDetailView,
  type TopicOtherView,
  type TopicView,
  type ValidatorView,
} from '@grapevine/protocol'
import { NodeError } from './error.ts'
import type { Gossip } from './gossip/gossip.ts'
import { viewOthers } from './topic-view.ts'
import type { HeldTopic, TopicTable } from './topic/table.ts'

/** What is looked at. */
export interface TopicViewsOptions {
  readonly topics: TopicTable
  readonly gossip: () => Gossip
  /** What connected peers mean by a topic: hashes by peer id. */
  readonly said: (topic: string) => ReadonlyMap<string, Uint8Array>
  readonly authors: (topic: string) => readonly AuthorDefinition[]
  /** Our own peer id. */
  readonly self: string
  readonly validator: (topic: string) => ValidatorView | undefined
  /** What waits on a topic. */
  readonly parked: (topic: string) => { readonly count: number; readonly bytes: number }
}

/** Topics as the control API shows them. */
export class TopicViews {
  readonly #options: TopicViewsOptions

  constructor(options: TopicViewsOptions) {
    this.#options = options
  }

  /** Connected peers that subscribe to a held topic. */
  subscribers(topic: string): string[] {
    const { topics, gossip } = this.#options
    const held = topics.get(topic)
    return held === undefined ? [] : gossip().subscribers(held.rules.wireName)
  }

  /** Whether a connected peer says that it goes by our definition of a held topic, down to the ids of its messages. */
  isAlike(topic: string, peer: string): boolean {
    const held = this.#options.topics.get(topic)
    const said = this.#options.said(topic).get(peer)
    if (held === undefined || said === undefined || !equalBytes(said, held.hash)) return false
    const { id } = held.topic.definition
    // Two functions of one name can differ.
    return typeof id === 'string' || !('custom' in id)
  }

  view(topic: string): TopicView {
    const { topics, gossip } = this.#options
    const held = topics.get(topic)
    const validator = this.#options.validator(topic)
    const dissemination = held?.topic.definition.dissemination
    const { count: messages, bytes } = this.#options.parked(topic)
    return {
      topic,
      held: held !== undefined,
      peers: this.subscribers(topic).length,
      mesh: held === undefined ? 0 : gossip().meshPeers(held.rules.wireName).length,
      readers: held?.readers.size ?? 0,
      hash: held === undefined ? '' : toHex(held.hash),
      otherwise: this.#others(topic).filter(({ agrees }) => !agrees).length,
      ...(dissemination !== undefined && { dissemination }),
      ...(validator && { validator }),
      ...(messages > 0 && { deferred: { messages, bytes } }),
    }
  }

  /** A held topic with its definition and who goes by it. Error `not-held`. */
  detail(topic: string): TopicDetailView {
    const { topic: wanted, rules } = this.held(topic)
    const isDefault = isDefaultDefinition(wanted.definition)
    // A network of another dialect keeps nothing, whatever was asked for.
    const definition = { ...wanted.definition, delivery: rules.delivery }
    return { ...this.view(topic), definition, isDefault, others: this.#others(topic) }
  }

  /** Error `not-held`. */
  held(topic: string): HeldTopic {
    const held = this.#options.topics.get(topic)
    if (held === undefined) throw new NodeError('not-held', `topic ${topic} is not held`, 'see: grapevine topic ls')
    return held
  }

  #others(topic: string): TopicOtherView[] {
    const { topics, said, authors, self } = this.#options
    const held = topics.get(topic)
    return held === undefined ? [] : viewOthers(held, { said: said(topic), authors: authors(topic), self })
  }
}
