import type { TopicRules } from '@grapevine/protocol'
import type { RuleAnswer } from '@grapevine/protocol/recording'
import type { Topic } from '../topic/topic.ts'

/** Whether a topic's rules have functions that its definition does not say all of. */
export const isOfProgram = ({ contentId, checkValue }: Topic): boolean =>
  contentId !== undefined || checkValue !== undefined

/** Rules whose functions leave what they answer: it cannot be had again without the program. */
export function answeredRules(rules: TopicRules, answers: RuleAnswer[]): TopicRules {
  const { name: topic, contentId, check } = rules
  const noted = <Answer extends Uint8Array | string | undefined>(
    rule: RuleAnswer['rule'],
    ask: () => Answer,
  ): Answer => {
    try {
      const value = ask()
      answers.push({ topic, rule, value: writable(value) })
      return value
    } catch (error) {
      answers.push({ topic, rule, threw: String(error) })
      throw error
    }
  }
  return {
    ...rules,
    ...(contentId && { contentId: (...message) => noted('contentId', () => contentId(...message)) }),
    ...(check && { check: (payload) => noted('check', () => check(payload)) }),
  }
}

/** Functions of a program may return anything; of what is none of these the machine sees no more than the type. */
const writable = (value: unknown): Uint8Array | string | undefined =>
  value === undefined || value instanceof Uint8Array || typeof value === 'string' ? value : typeof value
