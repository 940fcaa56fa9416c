import { expect, test } from 'vitest'
import { collect, startForeign, startNode, until } from '../test-network.ts'

const count = 20
/** A hostile peer is shut out after ten rejects: each of these spoils two messages, twice. */
const hostileCount = 10

async function scene() {
  const first = await startNode()
  const nodes = [first]
  for (let index = 0; index < 2; index++) nodes.push(await startNode({ ticket: first.ticket() }))
  for (const node of nodes) for (const topic of ['t', 'u']) await node.hold(topic)
  const texts = nodes.map((node) => collect(node, 't'))
  const honest = await startForeign(first, ['t', 'u'])
  const hostile = await Promise.all(Array.from({ length: hostileCount }, () => startForeign(first, ['t', 'u'])))
  for (const node of nodes.slice(1)) await Promise.all([honest, ...hostile].map((peer) => peer.connect(node)))
  const rejected = (): number[] => nodes.map((node) => node.status().counters.reasons['bad-signature'] ?? 0)
  return { nodes, texts, honest, hostile, rejected }
}

const expected = Array.from({ length: count }, (_, index) => `honest ${index}`)

test('copies with a junk signature, sent first, suppress none of 20 honest messages on any node', async () => {
  const { texts, honest, hostile, rejected } = await scene()
  for (const [index, text] of expected.entries()) {
    const time = Date.now() * 1000
    const bytes = honest.envelope('t', text, { time, sequence: index + 1 })
    const junk = honest.envelope('t', text, { time, sequence: index + 1, signature: new Uint8Array(64).fill(9) })
    await hostile[index % hostileCount]!.publish('t', junk)
    await until(rejected, (counts) => counts.every((number) => number > index))
    await honest.publish('t', bytes)
  }
  await until(
    () => texts.map(({ length }) => length),
    (lengths) => lengths.every((length) => length >= count),
  )
  for (const received of texts) expect(received.toSorted()).toEqual(expected.toSorted())
})

test('the same bytes on another topic, sent first, suppress none of 20 honest messages on any node', async () => {
  const { texts, honest, hostile, rejected } = await scene()
  for (const [index, text] of expected.entries()) {
    const bytes = honest.envelope('t', text)
    await hostile[index % hostileCount]!.publish('u', bytes)
    await until(rejected, (counts) => counts.every((number) => number > index))
    await honest.publish('t', bytes)
  }
  await until(
    () => texts.map(({ length }) => length),
    (lengths) => lengths.every((length) => length >= count),
  )
  for (const received of texts) expect(received.toSorted()).toEqual(expected.toSorted())
})
