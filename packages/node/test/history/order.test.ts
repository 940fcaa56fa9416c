import { expect, test } from 'vitest'
import { startNode } from '../test-network.ts'
import { type Item, publish, read } from './reading.ts'

test('a message that names parents comes behind them in causal order', async () => {
  const node = await startNode()
  const [parent] = await publish(node, 'parent')
  await node.publish('chat', Buffer.from('child'), { parents: [parent!.slice(0, 8)] })
  await node.publish('chat', Buffer.from('orphan'), { parents: ['ab'.repeat(32)] })
  const reader = await node.subscribe(['chat'], { all: true, ordered: 'causal', gapWaitMs: 30 })
  const found: Item[] = []
  for await (const item of reader) {
    found.push(item)
    if (found.length === 4) break
  }
  expect(found[1]).toMatchObject({ text: 'child', parents: [parent] })
  expect(found[2]).toMatchObject({ gap: { missed: 1, parents: ['ab'.repeat(32)] } })
  expect(found[3]).toMatchObject({ text: 'orphan' })
  expect(await read(node, 2, { last: 2, ordered: 'causal', gapWaitMs: 30 })).toEqual([
    'child',
    'gap undefined-undefined',
  ])
})

test('what arrived in reverse comes in order, however short the wait: the store knows that it will come', async () => {
  const node = await startNode()
  let parent: string | undefined
  for (let number = 1; number <= 200; number++) {
    const options = parent === undefined ? {} : { parents: [parent] }
    parent = (await node.publish('chat', Buffer.from(`m${number}`), options)).id
  }
  const lines = await Array.fromAsync(node.history.export('chat'))
  const wires = lines.flatMap((line) => ('wire' in line ? [Buffer.from(line.wire, 'base64')] : []))
  expect(wires).toHaveLength(200)
  const other = await startNode({ ticket: node.ticket() })
  await node.stop()
  const reversed = (async function* () {
    yield* wires.toReversed()
  })()
  await Array.fromAsync(other.history.import('chat', reversed))
  const wanted = wires.map((_, index) => `m${index + 1}`)
  expect((await read(other, 200, { all: true }))[0]).toBe('m200')
  expect(await read(other, 200, { all: true, ordered: 'author', gapWaitMs: 1 })).toEqual(wanted)
  expect(await read(other, 200, { all: true, ordered: 'causal', gapWaitMs: 1 })).toEqual(wanted)
  // Those behind the start are not waited for.
  expect(await read(other, 3, { last: 3, ordered: 'author', gapWaitMs: 1 })).toEqual(['m1', 'm2', 'm3'])
})
