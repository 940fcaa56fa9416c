import type { ControlClient } from '@grapevine/node/client'
import type { TopicDefinitionInput } from '@grapevine/protocol'
import type { TopicView } from '@grapevine/protocol/control'
import { keepOf, type KeepOptions } from './keep-option.ts'
import { setValidator, type ValidatorOptions } from './validator-option.ts'

/**
 * Holds a topic, and says what this node keeps of it: of a topic that is held that alone changes, its rules stay. Error
 * `held-otherwise` for a topic of a program.
 */
export async function addTopic(
  topic: string,
  options: KeepOptions & ValidatorOptions,
  client: ControlClient,
): Promise<TopicView> {
  await setValidator(topic, options, client)
  const { delivery, retention } = keepOf(options)
  if (delivery === undefined && retention === undefined) return client.call('topicHold', {}, { body: { topic } })
  const held = await client.call('topics', {})
  const isHeld = held.some((view) => view.topic === topic)
  const known: TopicDefinitionInput = isHeld ? (await client.call('topicShow', { topic })).definition : { name: topic }
  const { retention: before, ...rules } = known
  const mode = delivery ?? (retention === undefined ? known.delivery : 'lossless')
  const kept = mode === 'best-effort' ? undefined : { ...before, ...retention }
  const definition = {
    ...rules,
    ...(mode !== undefined && { delivery: mode }),
    ...(kept !== undefined && Object.keys(kept).length > 0 && { retention: kept }),
  }
  return client.call('topicDefine', {}, { body: { definition, replace: isHeld } })
}
