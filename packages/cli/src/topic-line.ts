import type { TopicView } from '@grapevine/protocol/control'
import { plural } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Topics as aligned lines: name, peers, mesh, readers. */
export function topicLines(topics: readonly TopicView[]): string[] {
  return table(
    topics.map((topic) => [
      safe(topic.topic),
      plural(topic.peers, 'peer'),
      `${topic.mesh} in mesh`,
      plural(topic.readers, 'reader'),
    ]),
  )
}
