import { expect, test } from 'vitest'
import { encodeBody, encodeEnvelope } from '../src/envelope.ts'
import { firstBound, lastBound } from '../src/reconcile/key.ts'
import { SetIndex } from '../src/reconcile/set-index.ts'
import { keySize } from '../src/store/record.ts'
import { alice, signature, text, wall } from './machine-world.ts'
import { testSketchKey } from './reconcile/key-set.ts'
import { run, StoreNode } from './store-world.ts'

const [count, ofEnvelope] = [100_000, 10]
const times = count / ofEnvelope
const envelopes = Array.from({ length: times }, (_, index) => {
  const messages = Array.from({ length: ofEnvelope }, (_unused, at) => text(`old ${at}`))
  const said = { author: alice, epoch: 1, sequence: 1 + index * ofEnvelope, time: wall - times + index }
  return encodeEnvelope(encodeBody({ ...said, parents: [], messages }), signature)
})

/** Gives a node all of them, and returns how often it decided what meanwhile. */
function give(node: StoreNode, now: number): Record<string, number> {
  const before = node.decisions.length
  for (const [index, bytes] of envelopes.entries()) {
    node.receive(bytes)
    // No more than may be under check at once.
    if (index % 500 === 499) run([node], now)
  }
  const counts: Record<string, number> = {}
  for (const reason of node.decisions.slice(before)) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

test('100,000 old messages that come again are neither delivered nor passed on: an hour later, after a restart, below the floor', () => {
  const node = new StoreNode(1)
  expect(give(node, 1)).toEqual({ valid: times })
  expect(node.delivered.length).toBe(count)
  expect(give(node, 3_600_000)).toEqual({ duplicate: times })

  const later = new StoreNode(1)
  // As a store gives them: in order.
  const index = new SetIndex(testSketchKey)
  for (const { keyTime, keys } of node.disk)
    for (let at = 0; at < keys.length; at += keySize) index.add(keyTime, keys.subarray(at, at + keySize))
  const keys = index.keys({ from: firstBound, to: lastBound }, count)
  later.push({ type: 'restored', topic: 't', keys })
  expect(give(later, 1)).toEqual({ duplicate: times })
  later.push({ type: 'floor', topic: 't', time: wall + 1 })
  expect(give(later, 2)).toEqual({ expired: times })
  expect([node.delivered.length, later.delivered.length]).toEqual([count, 0])
  expect([...node.forwarded, ...later.forwarded]).toEqual([])
})
