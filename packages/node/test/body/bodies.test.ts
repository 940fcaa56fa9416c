import { createHash } from 'node:crypto'
import { toHex, type Message } from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import type { Node } from '../../src/node.ts'
import { defineTopic, type Topic } from '../../src/topic/topic.ts'
import { startNode, until } from '../test-network.ts'

const mebi = 1 << 20

const topicOf = (options: Partial<Parameters<typeof defineTopic>[0]> = {}): Topic =>
  defineTopic({ name: 'large', dissemination: { hybrid: 1024 }, ...options } as never) as Topic

/** A payload that no other test has, and that does not repeat. */
function payloadOf(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let word = seed + 1
  for (let at = 0; at + 4 <= size; at += 4) {
    word = (Math.imul(word, 1_664_525) + 1_013_904_223) >>> 0
    view.setUint32(at, word)
  }
  return bytes
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Messages that come to a node, as they come. */
function messagesAt(node: Node): Message[] {
  const found: Message[] = []
  const reader = node.messages(['large'])
  void (async () => {
    for await (const item of reader) if (!('gap' in item)) found.push(item)
  })()
  return found
}

async function bodyAt(node: Node, id: string): Promise<string> {
  const { chunks } = await node.history.body({ id })
  return hashOf(Buffer.concat(await Array.fromAsync(chunks)))
}

const isThere = async (messages: readonly Message[], count = 1): Promise<void> =>
  void (await until(
    () => messages.length,
    (length) => length === count,
  ))

describe.each(['lossless', 'best-effort'] as const)('a payload of 8 MiB on a %s topic', (delivery) => {
  test('goes along a line of three nodes, and each has all of it', async () => {
    const topics = [topicOf({ delivery })]
    const a = await startNode({ topics })
    const b = await startNode({ ticket: a.ticket(), topics })
    const c = await startNode({ ticket: b.ticket(), topics })
    c.peering.block(a.peerId)
    await b.waitForPeers('large', { waitPeers: 2, timeoutMs: 45_000 })
    const [atB, atC] = [messagesAt(b), messagesAt(c)]
    const body = payloadOf(8 * mebi, 1)
    const { id } = await a.publish('large', body, { waitPeers: 1, timeoutMs: 45_000 })
    await isThere(atC)
    expect(atC[0]).toMatchObject({ payload: new Uint8Array(), fetched: { size: body.length } })
    expect(toHex(atB[0]!.id)).toBe(id)
    for (const node of [a, b, c]) expect(await bodyAt(node, id)).toBe(hashOf(body))
  })
})
