import type { TopicView } from '@grapevine/protocol/control'
import type { Context } from './context.ts'
import { disseminationText } from './dissemination.ts'
import { plural, styled } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** What to do about nodes that go by another definition of a topic, in a sentence; `self` is how the command was called. */
export const otherwiseText = (topic: string, nodes: number, { self }: Pick<Context, 'self'>): string =>
  `${plural(nodes, 'node')} ${nodes === 1 ? 'goes' : 'go'} by another definition of ${safe(topic)}: compare what both say to: ${self} topic show ${safe(topic)}`

/** Topics as aligned lines: name, peers, mesh, readers, the begin of the definition's hash, how payloads travel if not pushed, and how many others differ. */
export function topicLines(topics: readonly TopicView[]): string[] {
  return table(
    topics.map((topic) => [
      safe(topic.topic),
      plural(topic.peers, 'peer'),
      `${topic.mesh} in mesh`,
      plural(topic.readers, 'reader'),
      topic.hash.slice(0, 8),
      [
        ...(topic.dissemination === undefined ? [] : [disseminationText(topic.dissemination)]),
        ...(topic.otherwise === 0
          ? []
          : [styled('yellow', `${plural(topic.otherwise, 'node')} by another definition`)]),
      ].join(', '),
    ]),
  )
}
