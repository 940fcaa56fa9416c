import { isDefaultDefinition, type TopicDefinition } from '@grapevine/protocol'
import type { Engine } from './engine.ts'
import { readHeldTopics, writeHeldTopics } from './home/held-topics.ts'
import { topicOf, type Topic } from './topic/topic.ts'

/** The topics that a home remembers: all that its node holds, but those that only a program holds. */
export class SavedTopics {
  readonly #home: string
  readonly #engine: Engine
  readonly #definitions: readonly TopicDefinition[]
  readonly #names = new Set<string>()

  /** Error `home` if what is saved is damaged. */
  constructor(home: string, engine: Engine) {
    this.#home = home
    this.#engine = engine
    this.#definitions = readHeldTopics(home)
  }

  /** Holds what the home remembers. A topic that a program brought keeps the program's rules. */
  restore(): void {
    for (const definition of this.#definitions) {
      this.#names.add(definition.name)
      if (this.#engine.topics.get(definition.name) === undefined) this.#engine.hold(topicOf(definition))
    }
  }

  /**
   * Holds a topic from now on, across restarts. Errors as of `TopicTable.hold`; `disk` and `home` if that cannot be
   * written: a topic that is new is then not held.
   */
  hold(wanted: string | Topic, replace = false): void {
    const held = this.#engine.hold(wanted, replace)
    if (held === undefined) return
    const { name } = held.topic
    const isNew = !this.#names.has(name)
    this.#names.add(name)
    try {
      this.#save()
    } catch (error) {
      if (isNew) {
        this.#names.delete(name)
        this.#engine.release(name)
      }
      throw error
    }
  }

  forget(name: string): void {
    if (this.#names.delete(name)) this.#save()
  }

  #save(): void {
    const definitions = [...this.#names].toSorted().map((name) => this.#engine.topics.get(name)!.topic.definition)
    writeHeldTopics(this.#home, definitions.map(withoutFunctions))
  }
}

/** An id rule that is a program's function says nothing without the program: the name alone is remembered. */
function withoutFunctions(definition: TopicDefinition): TopicDefinition {
  if (isDefaultDefinition(definition) || typeof definition.id === 'string' || 'field' in definition.id)
    return definition
  return topicOf({ name: definition.name }).definition
}
