import { expect, test } from 'vitest'
import { defineTopic } from '../../src/topic/topic.ts'
import { startNode } from '../test-network.ts'

const pages = defineTopic({
  name: 'pages',
  payload: { json: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] } },
  dissemination: { hybrid: 1_000 },
})

test('a program reads values of any size, live and from the past, as they were published', async () => {
  const a = await startNode({ topics: [pages] })
  const b = await startNode({ ticket: a.ticket(), topics: [pages] })
  await b.waitForPeers('pages', { waitPeers: 1, timeoutMs: 60_000 })
  const live = b.topic(pages).subscribe()
  const values = ['small', 'x'.repeat(10_000), 'y'.repeat(1_000_000)].map((text) => ({ text }))
  for (const value of values) await a.topic(pages).publish(value)
  for (const reader of [live, b.topic(pages).subscribe({ all: true })]) {
    const read: unknown[] = []
    for await (const item of reader) {
      read.push('gap' in item ? item : item.value)
      if (read.length === values.length) break
    }
    // Small ones do not wait for large ones before them.
    const length = (value: unknown): number => (value as { text: string }).text.length
    expect(read.toSorted((one, other) => length(one) - length(other))).toEqual(values)
  }
}, 120_000)
