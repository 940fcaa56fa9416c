import { until } from '../site.ts'
import { Members, type Member } from './member.ts'
import { storedIn, type Stored } from './stored.ts'

/** A node that was away while others talked. */
export interface AwayOptions {
  /** What was said meanwhile, in envelopes of one message. */
  readonly messages: number
  readonly timeoutMs: number
}

/** What came of it. */
export interface AwayResult {
  /** From the start of the node until all was on its disk. */
  readonly caughtUpMs: number
  readonly stores: readonly Stored[]
}

const topic = 'away'

/** Stops one of two nodes, lets the other talk, and starts the first again. */
export async function comeBack({ messages, timeoutMs }: AwayOptions): Promise<AwayResult> {
  await using members = await Members.open({ count: 2, config: { 'batch.max': 1 } })
  await members.join(topic)
  const [author, absent] = members.all as [Member, Member]
  await absent.stop()
  await author.publish(topic, numbered(messages))
  const start = performance.now()
  await absent.start()
  const delivered = async (): Promise<number> => (await absent.status()).counters.delivered
  await until(delivered, (count) => count >= messages, timeoutMs)
  const caughtUpMs = performance.now() - start
  await Promise.all([author.stop(), absent.stop()])
  return { caughtUpMs, stores: [await storedIn(author.home, topic), await storedIn(absent.home, topic)] }
}

function* numbered(count: number): Generator<string> {
  for (let number = 0; number < count; number++) yield `message ${number} `.padEnd(100, '.')
}
