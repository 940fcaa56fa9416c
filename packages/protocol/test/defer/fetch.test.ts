import { describe, expect, test } from 'vitest'
import { toHex } from '../../src/bytes.ts'
import { decodeEnvelope, encodeBody, encodeEnvelope, signedBytes } from '../../src/envelope.ts'
import type { Judgement, Message } from '../../src/event.ts'
import { messageIds, sha256 } from '../../src/id.ts'
import { alice, arrival, networkId, rulesOf, signature, text, wall } from '../machine-world.ts'
import { run, StoreNode } from '../store-world.ts'

const envelope = (payload: string, parents: readonly Uint8Array[] = [], sequence = 1): Uint8Array =>
  encodeEnvelope(
    encodeBody({ author: alice, epoch: 1, sequence, time: wall, parents, messages: [text(payload)] }),
    signature,
  )

function idOf(bytes: Uint8Array): Uint8Array {
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) throw new Error('it does not decode')
  return messageIds(sha256, signedBytes(networkId, 't', decoded.envelope.bodyBytes), 1)[0]!
}

/** A validator that takes nothing before its parents. */
function inOrder(): (message: Message) => Judgement {
  const known = new Set<string>()
  return ({ id, parents = [] }) => {
    const waitFor = parents.filter((parent) => !known.has(toHex(parent)))
    if (waitFor.length > 0) return { verdict: 'defer', waitFor }
    known.add(toHex(id))
    return { verdict: 'accept' }
  }
}

const root = envelope('root')
const middle = envelope('middle', [idOf(root)], 2)
const leaf = envelope('leaf', [idOf(middle)], 3)
const textsOf = (node: StoreNode): string[] => node.delivered.map(({ payload }) => new TextDecoder().decode(payload))

/** A node with all messages but its validator's order, and one with that. */
function pair(): { full: StoreNode; node: StoreNode } {
  const full = new StoreNode(1)
  const node = new StoreNode(2, { judge: inOrder(), reconcileIntervalMs: 1e9 })
  StoreNode.link(full, node)
  for (const bytes of [root, middle, leaf]) full.receive(bytes)
  run([full])
  return { full, node }
}

const meet = (node: StoreNode, peer: StoreNode): void =>
  node.push({ type: 'peer-joined', peer: peer.peerId, topic: rulesOf('t').wireName })

/** Lets both work up to a time, in steps. */
function until(nodes: readonly StoreNode[], from: number, to: number): void {
  for (let now = from; now <= to; now += 50) run(nodes, now)
}

describe('what a message waits for', () => {
  test('is asked of the peer that brought it by id, with what that waits for in turn; then all is delivered in order', () => {
    const { full, node } = pair()
    node.push({ ...arrival(leaf, { from: full.peerId }) })
    run([node], 1)
    meet(node, full)
    until([node, full], 2, 900)
    expect(full.wanted.map(toHex)).toEqual([middle, root].map((bytes) => toHex(idOf(bytes))))
    expect(textsOf(node)).toEqual(['root', 'middle', 'leaf'])
    expect(node.disk).toHaveLength(3)
    // What gossip brought is passed on; what was fetched everybody fetches for himself.
    expect(node.forwarded).toEqual([leaf])
    const why = node.machine.why(idOf(leaf))!
    expect(why.steps.map(({ what }) => what)).toEqual([
      'received',
      'verdict',
      'asked',
      'rejudged',
      'verdict',
      'stored',
      'delivered',
    ])
  })

  test('is not asked for where it comes by itself within a moment', () => {
    const { full, node } = pair()
    meet(node, full)
    node.push(arrival(middle, { from: full.peerId }))
    run([node], 1)
    node.push(arrival(root, { from: full.peerId }))
    run([node], 200)
    expect(textsOf(node)).toEqual(['root', 'middle'])
    expect(full.wanted).toEqual([])
  })

  test('is asked of others if the first does not have it, a bounded number of times', () => {
    const nodes = [new StoreNode(1), new StoreNode(3), new StoreNode(4)]
    const node = new StoreNode(2, { judge: inOrder(), reconcileIntervalMs: 1e9 })
    for (const peer of nodes) {
      StoreNode.link(peer, node)
      meet(node, peer)
    }
    until([node, ...nodes], 1, 5_000)
    nodes[2]!.receive(root)
    node.push(arrival(middle, { from: 'peer 1' }))
    until([node, ...nodes], 5_050, 6_000)
    expect(textsOf(node)).toContain('middle')
    expect(nodes.map(({ wanted }) => wanted.length)).toEqual([1, 1, 1])

    node.push(arrival(envelope('orphan', [new Uint8Array(32).fill(5)], 9), { from: 'peer 1' }))
    until([node, ...nodes], 6_050, 620_000)
    expect(nodes.reduce((sum, { wanted }) => sum + wanted.length, 0)).toBe(3 + 8)
    expect(node.decisions.at(-1)).toBe('dependency-missing')
    expect(node.machine.snapshot()).toMatchObject({ parked: 0, parkedBytes: 0 })
  })

  test('is no way in for what was not asked for', () => {
    const { full, node } = pair()
    meet(node, full)
    full.disk[0] = { ...full.disk[0]!, bytes: envelope('other', [], 8) }
    node.push(arrival(middle, { from: full.peerId }))
    until([node], 1, 100)
    for (const record of full.disk) record.keys.set(idOf(root).subarray(0, 16))
    until([node, full], 150, 2_000)
    expect(textsOf(node)).toEqual([])
  })
})

describe('catching up', () => {
  test('brings a child before its parent, which waits, and is neither refused nor offered again meanwhile', () => {
    const { full, node } = pair()
    // The parent is not there yet.
    full.push({ type: 'lost', topic: 't', keys: keysOf(full, 0) })
    run([full])
    expect(node.compare(full, 'sync')).toMatchObject({ refused: 0 })
    expect(node.machine.snapshot()).toMatchObject({ refused: 0 })
    expect(node.machine.snapshot().parked).toBe(2)
    expect(node.compare(full, 'sync', {}, 1_001)).toMatchObject({ fetched: 0 })
    node.receive(root)
    until([node, full], 1_050, 1_200)
    expect(textsOf(node)).toEqual(['root', 'middle', 'leaf'])
    expect(node.delivered.map(({ via }) => via)).toEqual([undefined, 'history', 'history'])
    expect(node.forwarded).toEqual([])
  })
})

function keysOf(node: StoreNode, index: number) {
  const { keyTime, keys } = node.disk[index]!
  return node.machine.heldKeys('t').find(keys, 1) ?? { keyTime }
}
