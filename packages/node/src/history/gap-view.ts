import { peerIdOfAuthor, toHex, type GapView, type OrderGap } from '@grapevine/protocol'

/** What a reader is told of messages that its order misses. */
export function gapView(gap: OrderGap): GapView {
  if ('first' in gap) {
    const { topic, author, epoch, first, last } = gap
    return { gap: { missed: last - first + 1, topic, author: peerIdOfAuthor(author), epoch, first, last } }
  }
  const { topic, of, parents } = gap
  return { gap: { missed: parents.length, topic, of: toHex(of), parents: parents.map(toHex) } }
}
