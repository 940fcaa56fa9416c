import { isContentTopic, isKept } from '@grapevine/protocol'
import type { Config } from '../config/option.ts'
import type { TopicTable } from '../topic/table.ts'
import type { Kept } from './upkeep.ts'

interface Limits {
  readonly time?: number | undefined
  readonly capacity?: number | undefined
  readonly size?: number | undefined
}

/** The held topics that are kept, each with the limits of its own definition, and else those of the node. */
export function keptTopics(topics: TopicTable, config: Config): readonly Kept[] {
  const own: Limits = { time: config['store.timeMs'] || undefined, size: config['store.sizeMax'] || undefined }
  return topics.names.flatMap((name): readonly Kept[] => {
    const { rules, topic } = topics.get(name)!
    if (!isKept(rules)) return []
    const { time, capacity, size }: Limits = topic.definition.retention ?? own
    const policy = { time: time === undefined ? undefined : time * 1000, capacity, size }
    return [{ topic: name, policy, byContent: isContentTopic(rules) }]
  })
}
