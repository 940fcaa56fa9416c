import { messageSizeMax, type GapView, type Message } from '@grapevine/protocol'
import { Judge } from './judge.ts'
import { Reader } from './reader.ts'
import { defineTopic, refuseBadName, type TopicDefinition } from './topic-definition.ts'

/** A held topic with its validator and live readers. */
export interface HeldTopic {
  readonly definition: TopicDefinition
  readonly judge?: Judge
  readonly readers: Set<Reader>
}

/** The topics of a running node: what was defined by the program, what is held, and who reads. */
export class TopicTable {
  readonly #definitions: ReadonlyMap<string, TopicDefinition>
  readonly #held = new Map<string, HeldTopic>()

  constructor(definitions: readonly TopicDefinition[]) {
    this.#definitions = new Map(definitions.map((definition) => [definition.name, defineTopic(definition)]))
  }

  /** Names in order. */
  get names(): string[] {
    return [...this.#held.keys()].toSorted()
  }

  /** Names of the topics that the program defined. */
  get defined(): string[] {
    return [...this.#definitions.keys()]
  }

  get(name: string): HeldTopic | undefined {
    return this.#held.get(name)
  }

  /** Adds a topic; undefined if it was held already. Error `usage` for a name that no topic can have. */
  hold(name: string): HeldTopic | undefined {
    refuseBadName(name)
    if (this.#held.has(name)) return undefined
    const definition = this.#definitions.get(name) ?? { name, messageBytesMax: messageSizeMax }
    const { validate } = definition
    const judge = validate && new Judge({ ...definition, validate })
    const topic: HeldTopic = { definition, ...(judge && { judge }), readers: new Set() }
    this.#held.set(name, topic)
    return topic
  }

  release(name: string): boolean {
    const topic = this.#held.get(name)
    if (topic === undefined) return false
    this.#held.delete(name)
    for (const reader of topic.readers) reader.close()
    return true
  }

  /** A reader of held topics. */
  read(names: readonly string[]): Reader & AsyncIterable<Message | GapView> {
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
