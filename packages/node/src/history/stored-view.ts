import type { TopicDetailView } from '@grapevine/protocol'
import { isoFromMicros } from '../control-view.ts'
import type { Store } from '../store/store.ts'

/** What the store has of a topic; undefined where it has never had anything. */
export async function storedView(store: Store, topic: string): Promise<TopicDetailView['stored']> {
  const { topics } = await store.state()
  const found = topics.find((state) => state.topic === topic)
  if (found === undefined) return undefined
  const { messages, bytes, floor } = found
  const oldest = await store.ask('life.oldest', topic)
  return {
    messages,
    bytes,
    ...(oldest !== undefined && { oldest: isoFromMicros(oldest) }),
    ...(floor > 0 && { floor: isoFromMicros(floor) }),
  }
}
