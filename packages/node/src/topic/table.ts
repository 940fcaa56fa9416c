import { canonicalJson, type Message, type TopicRules } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import { Judge } from './judge.ts'
import { Reader } from './reader.ts'
import { refuseBadName } from './name.ts'
import { rulesOf } from './rules.ts'
import { topicOf, type Topic } from './topic.ts'

/** A held topic with its rules, validator and live readers. */
export interface HeldTopic {
  readonly topic: Topic
  readonly rules: TopicRules
  readonly judge?: Judge
  readonly readers: Set<Reader>
}

/** The topics of a running node: what is held under which rules, and who reads. */
export class TopicTable {
  readonly #networkId: Uint8Array
  readonly #held = new Map<string, HeldTopic>()

  constructor(networkId: Uint8Array) {
    this.#networkId = networkId
  }

  /** Names in order. */
  get names(): string[] {
    return [...this.#held.keys()].toSorted()
  }

  get(name: string): HeldTopic | undefined {
    return this.#held.get(name)
  }

  /**
   * Holds a topic: undefined if it was held already under these rules, or if only its name is given. Errors: `usage` for
   * a bad name or rules, `held-otherwise` if it is held under other rules.
   */
  hold(wanted: string | Topic): HeldTopic | undefined {
    const name = typeof wanted === 'string' ? wanted : wanted.name
    refuseBadName(name)
    const known = this.#held.get(name)
    if (known !== undefined) {
      if (typeof wanted === 'string' || isSame(known.topic, wanted)) return undefined
      throw new NodeError(
        'held-otherwise',
        `topic ${name} is held under another definition`,
        `first: grapevine topic rm ${name}`,
      )
    }
    if (this.#held.size >= heldMax) {
      throw new NodeError('overloaded', `${heldMax} topics are held`, 'let one go with: grapevine topic rm TOPIC')
    }
    const topic = typeof wanted === 'string' ? topicOf({ name }) : wanted
    const { validate } = topic
    const judge = validate && new Judge({ ...topic, validate })
    const held: HeldTopic = {
      topic,
      rules: rulesOf(topic, this.#networkId),
      readers: new Set(),
      ...(judge && { judge }),
    }
    this.#held.set(name, held)
    return held
  }

  release(name: string): boolean {
    const held = this.#held.get(name)
    if (held === undefined) return false
    this.#held.delete(name)
    for (const reader of held.readers) reader.close()
    return true
  }

  /** A reader of held topics. */
  read(names: readonly string[]): Reader {
    const topics = names.map((name) => this.#held.get(name)!)
    const reader = new Reader(() => {
      for (const { readers } of topics) readers.delete(reader)
    })
    for (const { readers } of topics) readers.add(reader)
    return reader
  }

  deliver(messages: readonly Message[]): void {
    for (const message of messages) {
      for (const reader of this.#held.get(message.topic)?.readers ?? []) reader.push(message)
    }
  }

  closeReaders(): void {
    for (const { readers } of this.#held.values()) for (const reader of readers) reader.close()
  }
}

/** Topics at once. A guess: gossipsub's heartbeat walks every one each second. */
const heldMax = 1024

/** A program's topic with functions is the same only if it is the same object. */
const isSame = (a: Topic, b: Topic): boolean =>
  a === b ||
  (a.validate === b.validate &&
    a.contentId === b.contentId &&
    canonicalJson(a.definition) === canonicalJson(b.definition))
