import { once } from 'node:events'
import { decodeEnvelope, fromHex, messageIds, sha256, signedBytes, toHex, type Message } from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import type { ValidatorAnswer } from '../src/topic/answer.ts'
import { defineTopic, type Topic } from '../src/topic/topic.ts'
import { collect, startForeign, startNode, until } from './test-network.ts'

/** A topic on which nothing is taken before its parents. */
function inOrder(delivery: 'lossless' | 'best-effort'): Topic<Uint8Array> {
  const known = new Set<string>()
  const validate = ({ id, parents = [] }: Message): ValidatorAnswer => {
    const waitFor = parents.filter((parent) => !known.has(toHex(parent)))
    if (waitFor.length > 0) return { verdict: 'defer', waitFor }
    known.add(toHex(id))
    return 'accept'
  }
  return defineTopic({ name: 'chain', validate, delivery })
}

const plain = (delivery: 'lossless' | 'best-effort'): Topic<Uint8Array> => defineTopic({ name: 'chain', delivery })

function idOf(node: { network(): { id: string } }, bytes: Uint8Array): Uint8Array {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) throw new Error('it does not decode')
  const signed = signedBytes(fromHex(node.network().id)!, 'chain', decoded.envelope.bodyBytes)
  return messageIds(sha256, signed, 1)[0]!
}

describe('a message that comes before its parent', () => {
  test('waits in the middle of a line for longer than gossip remembers it, and then goes on to the end', async () => {
    const b = await startNode({ topics: [inOrder('best-effort')] })
    const c = await startNode({ ticket: b.ticket(), topics: [plain('best-effort')] })
    const a = await startForeign(b, ['chain'])
    const [atB, atC] = [collect(b, 'chain'), collect(c, 'chain')]
    await b.waitForPeers('chain', { waitPeers: 2, timeoutMs: 45_000 })
    const parent = a.envelope('chain', 'parent')
    const parentId = idOf(b, parent)
    const child = a.envelope('chain', 'child', { parents: [parentId] })
    const childId = toHex(idOf(b, child))
    await a.publish('chain', child)
    await until(
      () => b.status().counters.reasons,
      (reasons) => reasons.deferred === 1,
    )
    expect(b.why(childId).steps.at(-1)).toMatchObject({
      verdict: 'defer',
      reason: 'deferred',
      detail: `waits for ${toHex(parentId).slice(0, 12)}`,
    })
    // Gossip keeps what it heard for five heartbeats, which are as long at each node.
    for (let heartbeat = 0; heartbeat < 7; heartbeat++) await once(a.gossip, 'gossipsub:heartbeat')
    expect([atB, atC]).toEqual([[], []])
    await a.publish('chain', parent)
    for (const texts of [atB, atC]) {
      await until(
        () => texts,
        (all) => all.length === 2,
      )
    }
    expect(atB).toEqual(['parent', 'child'])
    expect(b.why(childId).steps.map(({ what, reason }) => reason ?? what)).toEqual([
      'received',
      'deferred',
      'rejudged',
      'valid',
      'delivered',
      'sent',
    ])
  })

  test('fetches it by its id from who brought it, and all three have both', async () => {
    const a = await startNode({ topics: [plain('lossless')], config: { 'reconcile.intervalMs': 600_000 } })
    const b = await startNode({
      ticket: a.ticket(),
      topics: [inOrder('lossless')],
      config: { 'reconcile.intervalMs': 600_000 },
    })
    const c = await startNode({ ticket: b.ticket(), topics: [inOrder('lossless')] })
    await b.waitForPeers('chain', { waitPeers: 2, timeoutMs: 45_000 })
    const [atB, atC] = [collect(b, 'chain'), collect(c, 'chain')]
    const parent = await a.publish('chain', Buffer.from('parent'))
    const child = await a.publish('chain', Buffer.from('child'), { parents: [parent.id] })
    for (const texts of [atB, atC]) {
      await until(
        () => texts,
        (all) => all.length === 2,
      )
      expect(texts).toEqual(['parent', 'child'])
    }
    expect(c.why(child.id).steps.some(({ what }) => what === 'delivered')).toBe(true)
  })
})
