import { concatBytes, encodeUtf8, type Sha256, toHex, type TopicRules } from '@grapevine/protocol'
import type { RecordedEvent, RuleAnswer, RuleFunctions } from '@grapevine/protocol/recording'

/** A topic that is held from now on, as a recording has it. */
export type RecordedHold = RecordedEvent & { readonly type: 'hold' }

/** What a {@link RuleBook} needs. */
export interface RuleBookOptions {
  readonly sha256: Sha256
  /** The functions that a definition says, in canonical JSON. May throw. */
  readonly functionsOf: (definition: string) => RuleFunctions
}

/**
 * The rules of topics in a replay: functions are those of the definition, or answer what those of the program answered. A
 * second machine, which is asked in another order, gets the answer on the same bytes if there was one.
 */
export class RuleBook {
  readonly #options: RuleBookOptions
  readonly #known = new Map<string, RuleAnswer>()
  #answers: readonly RuleAnswer[] = []
  #next = 0

  constructor(options: RuleBookOptions) {
    this.#options = options
  }

  /** What the functions of programs answered in the next event. */
  turn(answers: readonly RuleAnswer[]): void {
    this.#answers = answers
    this.#next = 0
  }

  /** Rules for the machine that takes the events as they were. */
  rules(hold: RecordedHold): TopicRules {
    return this.#rules(hold, (rule, bytes) => {
      const answer = this.#answers[this.#next++]
      if (answer?.rule !== rule || answer.topic !== hold.rules.name) throw new RangeError('it was not asked then')
      this.#known.set(this.#keyOf(rule, hold, bytes), answer)
      return answer
    })
  }

  /** Rules for another one; what was never asked has no answer, and so no id. */
  rulesBeside(hold: RecordedHold): TopicRules {
    return this.#rules(hold, (rule, bytes) => this.#known.get(this.#keyOf(rule, hold, bytes)))
  }

  #rules(
    { rules, definition, functions = [] }: RecordedHold,
    answerTo: (rule: RuleAnswer['rule'], bytes: Uint8Array) => RuleAnswer | undefined,
  ): TopicRules {
    const ask = (rule: RuleAnswer['rule'], bytes: Uint8Array): Uint8Array | string | undefined => {
      const answer = answerTo(rule, bytes)
      if (answer?.threw !== undefined) throw new RangeError(answer.threw)
      return answer?.value
    }
    return {
      ...rules,
      ...(definition !== undefined && this.#options.functionsOf(definition)),
      ...(functions.includes('contentId') && {
        contentId: (payload: Uint8Array, author: Uint8Array) =>
          ask('contentId', concatBytes(author, payload)) as Uint8Array | undefined,
      }),
      ...(functions.includes('check') && {
        check: (payload: Uint8Array) => ask('check', payload) as string | undefined,
      }),
    }
  }

  #keyOf(rule: RuleAnswer['rule'], { rules }: RecordedHold, bytes: Uint8Array): string {
    return `${rule} ${toHex(this.#options.sha256(concatBytes(encodeUtf8(`${rules.name}\0`), bytes)))}`
  }
}
