import { randomBytes } from 'node:crypto'
import { type BodyProgressView, parkBounds, sha256, toHex } from '@grapevine/protocol'
import { chunkSize, encodeFetchFrame } from '@grapevine/protocol/fetch'
import { describe, expect, test } from 'vitest'
import type { Node } from '../../src/node.ts'
import { defineTopic } from '../../src/topic/topic.ts'
import { startNode, until } from '../test-network.ts'
import { chunkOf, fetchProtocol, HostileSource, referenceTo, type Answer } from './hostile-source.ts'

const waitMs = 90_000
const blocks = defineTopic({ name: 'blocks', id: 'content', dissemination: 'announce' })
const still = { 'reconcile.intervalMs': 600_000 }

const victim = (): Promise<Node> => startNode({ topics: [blocks], config: still })
const idOf = (body: Uint8Array): string => toHex(sha256(body))

/** An honest neighbour of a node, which holds the topic too. */
async function neighbour(of: Node): Promise<Node> {
  const node = await startNode({ ticket: of.ticket(), topics: [blocks], config: still })
  await node.waitForPeers(blocks.name, { waitPeers: 1, timeoutMs: waitMs })
  return node
}

/** Publishes a body at a node, and waits until another has delivered it. */
async function flows(from: Node, to: Node, body: Uint8Array): Promise<void> {
  const { id } = await from.publish(blocks.name, body)
  await delivered(to, id)
}

async function delivered(node: Node, id: string): Promise<void> {
  await until(
    () => stepsOf(node, id),
    (steps) => steps.includes('delivered'),
    waitMs,
  )
}

/** What a node's journal says of a message: reasons and kinds of steps; nothing where it does not know it. */
function stepsOf(node: Node, id: string): string[] {
  try {
    return node
      .why(id)
      .steps.map(({ what, reason, detail }) => (what === 'asked' ? `asked: ${detail}` : (reason ?? what)))
  } catch {
    return []
  }
}

/** How far a body is; nothing where no message waits for it. */
function progressOf(node: Node, id: string): BodyProgressView | undefined {
  try {
    return node.why(id).body
  } catch {
    return undefined
  }
}

const isConnected = (node: Node, { peerId }: HostileSource): boolean =>
  node.peers().some((peer) => peer.peerId === peerId && peer.state === 'connected')

describe('who announces and never delivers', () => {
  const silent: Readonly<Record<string, Answer | undefined>> = {
    'does not even speak the protocol': undefined,
    'says that it lacks the body': ({ ref }) => ({ type: 'lacks', ref }),
  }
  test.each(Object.entries(silent))(
    'and %s costs nobody else anything',
    async (_, answer) => {
      const node = await victim()
      const mallory = await HostileSource.start(node, blocks, answer)
      const body = randomBytes(100_000)
      mallory.announce(referenceTo(body))
      await until(
        () => stepsOf(node, idOf(body)),
        (steps) => steps.includes('body-awaited') && steps.includes('asked: its body'),
        waitMs,
      )
      const alice = await neighbour(node)
      await flows(alice, node, randomBytes(300_000))
      // Who has it after all is asked at once, and the innocent is not blamed.
      await flows(alice, node, body)
      expect(isConnected(node, mallory)).toBe(true)
    },
    120_000,
  )

  test('and stops in the middle costs a time-out: why says how far it is, and others give the rest', async () => {
    const node = await victim()
    const body = randomBytes(5 * chunkSize)
    const mallory = await HostileSource.start(node, blocks, (ask) =>
      // The first chunks come, then nothing more.
      ask.index > 1 ? undefined : chunkOf(body, ask),
    )
    mallory.announce(referenceTo(body))
    const { size, of, from } = (await until(
      () => progressOf(node, idOf(body)),
      (progress) => progress?.have === 2,
      waitMs,
    ))!
    expect({ size, of, from }).toEqual({ size: body.length, of: 5, from: [mallory.peerId] })
    const alice = await neighbour(node)
    await flows(alice, node, body)
    expect(progressOf(node, idOf(body))).toBeUndefined()
    expect(stepsOf(node, idOf(body))).toContain('asked: its body did not come in time')
    expect(node.status().counters.bodies).toMatchObject({ waiting: 0, wrong: 0 })
    expect(node.status().counters.bodies!.late).toBeGreaterThanOrEqual(1)
    expect(isConnected(node, mallory)).toBe(true)
  }, 240_000)

  test.each([
    ['says that it lacks them', ({ ref }) => ({ type: 'lacks', ref })],
    ['is silent', () => undefined],
  ] as readonly [string, Answer][])(
    'a thousand times over, and %s, fills its own room only',
    async (_, answer) => {
      const node = await victim()
      const mallory = await HostileSource.start(node, blocks, answer)
      const alice = await neighbour(node)
      const count = parkBounds.ofPeer.count + 500
      for (let sent = 0; sent < count; sent++) {
        const root = randomBytes(32)
        mallory.announce({ id: randomBytes(32), size: 32 << 20, root })
      }
      await until(
        () => node.status().counters.reasons,
        (reasons) => (reasons['body-awaited'] ?? 0) >= parkBounds.ofPeer.count && (reasons['park-full'] ?? 0) >= 500,
        waitMs,
      )
      const { bodies } = node.status().counters
      expect(bodies!.waiting).toBeLessThanOrEqual(parkBounds.ofPeer.count)
      expect(bodies!.memory).toBeLessThanOrEqual(128 << 20)
      await flows(alice, node, randomBytes(1_000_000))
      expect(isConnected(node, mallory)).toBe(true)
    },
    240_000,
  )
})

describe('a wrong chunk', () => {
  const wrong: Readonly<Record<string, (body: Uint8Array) => Answer>> = {
    'with other bytes': (body) => (ask) => ({ ...chunkOf(body, ask), bytes: new Uint8Array(chunkSize) }) as never,
    'of another place': (body) => (ask) => chunkOf(body, { ...ask, index: (ask.index + 1) % 5 }),
    'that nobody asked for': (body) => (ask) => chunkOf(body, { ...ask, ref: ask.ref + 1_000 }),
    'that is no frame': () => () => randomBytes(1_000),
    'longer than any frame': () => () => new Uint8Array(290_000),
  }
  test.each(Object.entries(wrong))(
    '%s is the fault of who sent it, and the body comes from others',
    async (_, answerOf) => {
      const node = await victim()
      const body = randomBytes(5 * chunkSize)
      const mallory = await HostileSource.start(node, blocks, answerOf(body))
      mallory.announce(referenceTo(body))
      await until(
        () => mallory.asks.length,
        (asks) => asks > 0,
        waitMs,
      )
      const alice = await neighbour(node)
      await flows(alice, node, body)
      expect(node.peers().find(({ peerId }) => peerId === alice.peerId)).toMatchObject({ state: 'connected' })
    },
    120_000,
  )

  test('is told by why', async () => {
    const node = await victim()
    const body = randomBytes(2 * chunkSize)
    const mallory = await HostileSource.start(
      node,
      blocks,
      (ask) => ({ ...chunkOf(body, ask), bytes: new Uint8Array(chunkSize) }) as never,
    )
    mallory.announce(referenceTo(body))
    const steps = await until(
      () => stepsOf(node, idOf(body)),
      (all) => all.includes('asked: it sent a wrong chunk'),
      waitMs,
    )
    expect(steps).toContain('body-awaited')
    expect(node.status().counters.bodies!.wrong).toBeGreaterThanOrEqual(1)
  }, 240_000)
})

test('a body that is not what its id says is refused, and the right one comes under the same id', async () => {
  const node = await victim()
  const [right, wrong] = [randomBytes(400_000), randomBytes(400_000)]
  const mallory = await HostileSource.start(node, blocks, (ask) => chunkOf(wrong, ask))
  mallory.announce(referenceTo(wrong, { id: sha256(right) }))
  await until(
    () => node.status().counters.reasons['bad-body'],
    (count) => count === 1,
    waitMs,
  )
  expect(stepsOf(node, idOf(right))).toContain('bad-body')
  await flows(await neighbour(node), node, right)
  const { chunks } = await node.history.body({ id: idOf(right) })
  expect(Buffer.concat(await Array.fromAsync(chunks)).equals(right)).toBe(true)
}, 240_000)

test('references that cannot be are refused as what they are', async () => {
  const node = await victim()
  const mallory = await HostileSource.start(node, blocks, ({ ref }) => ({ type: 'lacks', ref }))
  const body = randomBytes(1_000)
  mallory.announce({ size: body.length, root: randomBytes(32) })
  mallory.pass(mallory.envelope({ messages: [Buffer.from('pushed, though the topic announces')] }))
  await until(
    () => node.status().counters.reasons['bad-schema'],
    (count) => count === 2,
    waitMs,
  )
  expect(mallory.asks).toEqual([])
}, 240_000)

test('a peer that asks without end, and reads nothing, is served no more than it reads, and others go on', async () => {
  const node = await victim()
  const body = randomBytes(8 << 20)
  await node.publish(blocks.name, body)
  const mallory = await HostileSource.start(node, blocks)
  const { root } = referenceTo(body)
  const [connection] = mallory.peer.libp2p.getConnections()
  const asks = Array.from({ length: 256 }, (_, at) => ({ ref: at + 1, root, index: at % 32 }))
  const frame = encodeFetchFrame({ type: 'asks', asks })
  for (let opened = 0; opened < 8; opened++) {
    const stream = await connection!.newStream(fetchProtocol).catch(() => undefined)
    if (stream === undefined) break
    if (stream.status !== 'open') continue
    stream.pause()
    for (let sent = 0; sent < 100 && stream.status === 'open'; sent++) {
      const head = Buffer.from([0x80 | (frame.length & 0x7f), frame.length >> 7])
      if (!stream.send(Buffer.concat([head, frame]))) break
    }
  }
  const alice = await neighbour(node)
  await flows(node, alice, randomBytes(3 << 20))
  const { memory, servedBytes } = node.status().counters.bodies!
  expect(memory).toBeLessThanOrEqual(128 << 20)
  // Alice has both bodies; of some gigabytes the other got what fits into two windows.
  expect(servedBytes).toBeLessThanOrEqual(64 << 20)
}, 240_000)
