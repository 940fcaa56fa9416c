import type { RecordedLife, RuleFunctions } from '@grapevine/protocol/recording'
import { NodeError } from '../error.ts'
import { rulesOf } from '../topic/rules.ts'
import { topicOf } from '../topic/topic.ts'

/** The functions that a node made of a definition in canonical JSON. Error `recording` if none can be made of it. */
export function rulesOfDefinition(definition: string, life: RecordedLife): RuleFunctions {
  try {
    const topic = topicOf(JSON.parse(definition) as Parameters<typeof topicOf>[0])
    const dialect = life.dialect === 'pubsub' ? 'pubsub' : 'grapevine'
    const { contentId, check } = rulesOf(topic, { id: life.networkId, dialect })
    return { ...(contentId && { contentId }), ...(check && { check }) }
  } catch (error) {
    throw new NodeError(
      'recording',
      `a topic of the recording cannot be held: ${(error as Error).message}`,
      undefined,
      {
        cause: error,
      },
    )
  }
}
