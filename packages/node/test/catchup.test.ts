import { expect, test } from 'vitest'
import { collect, startNode, until } from './test-network.ts'

test('who comes late gets everything that was said, once', async () => {
  const a = await startNode()
  const expected = Array.from({ length: 2_000 }, (_, index) => `m${index}`)
  await Promise.all(expected.map((text) => a.publish('t', Buffer.from(text))))
  const b = await startNode({ ticket: a.ticket() })
  const texts = collect(b, 't')
  await until(
    () => texts,
    (received) => received.length >= expected.length,
  )
  expect(texts.toSorted()).toEqual(expected.toSorted())
})

test('what three nodes said apart all of them have once they meet', async () => {
  const a = await startNode()
  const ticket = a.ticket()
  const nodes = [a, await startNode({ ticket }), await startNode({ ticket })]
  const texts = nodes.map((node) => collect(node, 't'))
  for (const [index, node] of nodes.entries()) {
    await Promise.all(Array.from({ length: 100 }, (_, number) => node.publish('t', Buffer.from(`${index}/${number}`))))
  }
  for (const received of texts) {
    await until(
      () => received,
      ({ length }) => length >= 300,
    )
    expect(new Set(received).size).toBe(300)
  }
})
