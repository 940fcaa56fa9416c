import type { TopicRules } from './topic.ts'

/** The topics that this node holds, found by their own name or by their name on the wire. */
export class Registry {
  readonly #byName = new Map<string, TopicRules>()
  readonly #byWireName = new Map<string, TopicRules>()

  hold(rules: TopicRules): void {
    this.#byName.set(rules.name, rules)
    this.#byWireName.set(rules.wireName, rules)
  }

  release(name: string): void {
    const rules = this.#byName.get(name)
    if (rules === undefined) return
    this.#byName.delete(name)
    this.#byWireName.delete(rules.wireName)
  }

  byName(name: string): TopicRules | undefined {
    return this.#byName.get(name)
  }

  byWireName(wireName: string): TopicRules | undefined {
    return this.#byWireName.get(wireName)
  }
}
