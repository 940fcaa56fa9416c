import { createHash } from 'node:crypto'
import type { Message } from '@grapevine/protocol'
import type { Node } from '../../src/node.ts'
import { defineTopic, type Topic } from '../../src/topic/topic.ts'
import { until } from '../test-network.ts'

export const mebi: number = 1 << 20

/** A topic whose payloads above 1 KiB are fetched. */
export const topicOf = (options: Partial<Parameters<typeof defineTopic>[0]> = {}): Topic =>
  defineTopic({ name: 'large', dissemination: { hybrid: 1024 }, ...options } as never) as Topic

/** A payload that no other test has, and that does not repeat. */
export function payloadOf(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let word = seed + 1
  for (let at = 0; at + 4 <= size; at += 4) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    view.setUint32(at, word)
  }
  return bytes
}

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Messages that come to a node, as they come. */
export function messagesAt(node: Node): Message[] {
  const found: Message[] = []
  const reader = node.messages(['large'])
  void (async () => {
    for await (const item of reader) if (!('gap' in item)) found.push(item)
  })()
  return found
}

/** The hash of the body of a message at a node. */
export async function bodyAt(node: Node, id: string): Promise<string> {
  const { chunks } = await node.history.body({ id })
  return hashOf(Buffer.concat(await Array.fromAsync(chunks)))
}

/** Waits until so many messages have come. */
export const isThere = async (messages: readonly Message[], count = 1): Promise<void> =>
  void (await until(
    () => messages.length,
    (length) => length === count,
  ))
