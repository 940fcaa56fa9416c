import { once } from 'node:events'
import { toHex } from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import { defineTopic, type Topic } from '../src/topic/topic.ts'
import { idOf, inOrder } from './ordered-topic.ts'
import { collect, startForeign, startNode, until } from './test-network.ts'

const plain = (delivery: 'lossless' | 'best-effort'): Topic<Uint8Array> => defineTopic({ name: 'chain', delivery })

describe('a message that comes before its parent', () => {
  test('waits a minute in the middle of a line, longer than gossip remembers it, and then goes on to the end', async () => {
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
    // A heartbeat is a second, and gossip keeps what it heard for five.
    for (let heartbeat = 0; heartbeat < 61; heartbeat++) await once(a.gossip, 'gossipsub:heartbeat')
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
