import { expect, test } from 'vitest'
import { collect, startNode, until } from './test-network.ts'

/** Rounds come often, so that a message that gossip and the first sessions missed is not waited for. */
const config = { 'reconcile.intervalMs': 500 }

test('who comes late gets everything that was said, once', async () => {
  const a = await startNode({ config })
  const expected = Array.from({ length: 2_000 }, (_, index) => `m${index}`)
  await Promise.all(expected.map((text) => a.publish('t', Buffer.from(text))))
  const b = await startNode({ ticket: a.ticket(), config })
  const texts = collect(b, 't')
  await until(
    () => texts,
    (received) => received.length >= expected.length,
    60_000,
  )
  expect(texts.toSorted()).toEqual(expected.toSorted())
})

test('what three nodes said apart all of them have once they meet', async () => {
  const a = await startNode({ config })
  const ticket = a.ticket()
  const nodes = [a, await startNode({ ticket, config }), await startNode({ ticket, config })]
  const texts = nodes.map((node) => collect(node, 't'))
  for (const [index, node] of nodes.entries()) {
    await Promise.all(Array.from({ length: 100 }, (_, number) => node.publish('t', Buffer.from(`${index}/${number}`))))
  }
  for (const received of texts) {
    await until(
      () => received,
      ({ length }) => length >= 300,
      60_000,
    )
    expect(new Set(received).size).toBe(300)
  }
})
