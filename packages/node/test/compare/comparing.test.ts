import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { lpStream } from '@libp2p/utils'
import { Session, SetIndex, sketchKey } from '@grapevine/protocol/reconcile'
import { expect, onTestFinished, test } from 'vitest'
import { NodeError } from '../../src/error.ts'
import type { Node } from '../../src/node.ts'
import { defineTopic, topicOf } from '../../src/topic/topic.ts'
import { type ForeignPeer, startForeign, startNode, until } from '../test-network.ts'

const second = 1_000_000
/** Rounds so rare that none happens in a test: what is missing stays missing. */
const config = { 'reconcile.intervalMs': 3_600_000 }

/** An author whose messages are a minute old, or older, so that what is too young to compare is not among them. */
async function startAuthor(node: Node, age = 60): Promise<(from: number, count: number) => Promise<void>> {
  const author: ForeignPeer = await startForeign(node, ['t'])
  const start = Date.now() * 1000 - age * second
  await until(
    () => author.gossip.getSubscribers(author.wireName('t')).length,
    (count) => count > 0,
  )
  return async (from, count) => {
    for (let sequence = from; sequence < from + count; sequence++) {
      await author.publish('t', author.envelope('t', `m${sequence}`, { sequence, time: start + sequence * 1000 }))
    }
  }
}

/** Messages that a node holds of topic `t`. */
const heldBy = async (node: Node): Promise<number> =>
  (await node.comparing.verify('t', [], { timeoutMs: 200 })).self.count

/** Asks until the answer is as wanted; fails with the last one after 20 s. */
async function eventually<T>(ask: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const value = await ask()
    if (isDone(value)) return value
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(value)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const untilHeld = (node: Node, count: number): Promise<number> =>
  eventually(
    () => heldBy(node),
    (held) => held >= count,
  )

/** Resolves when nodes find each other equal: then the session of when they met is over. */
async function untilMet(nodes: readonly Node[]): Promise<void> {
  for (const node of nodes) {
    await eventually(
      () => node.comparing.verify('t', []),
      ({ result }) => result === 'equal',
    )
  }
}

test('three nodes that hold the same agree on count and root, whoever asks', async () => {
  const a = await startNode({ config })
  const nodes = [a, await startNode({ ticket: a.ticket(), config }), await startNode({ ticket: a.ticket(), config })]
  for (const node of nodes) await node.hold('t')
  const say = await startAuthor(a)
  await say(1, 20)
  for (const node of nodes) await untilHeld(node, 20)
  await untilMet(nodes)
  const views = await Promise.all(nodes.map((node) => node.comparing.verify('t', [])))
  for (const view of views) {
    expect(view).toMatchObject({
      topic: 't',
      result: 'equal',
      self: { count: 20, root: views[0]!.self.root, refused: {} },
    })
    for (const peer of view.peers.filter(({ state }) => state === 'equal')) {
      expect(peer).toMatchObject({ count: 20, root: views[0]!.self.root, complete: true })
    }
    expect(Date.parse(view.range.to!)).toBeLessThan(Date.now() - 9_000)
  }
  // A peer of another program is named, and is no reason to doubt.
  expect(views[0]!.peers.map(({ state }) => state).toSorted()).toEqual(['equal', 'equal', 'unsupported'])
  expect((await a.comparing.verify('t', [nodes[1]!.peerId])).peers).toHaveLength(1)
})

test('a peer with which sessions break off is asked again until it answers, as when a partition has just healed', async () => {
  const node = await startNode({ config })
  await node.hold('t')
  const peer = await startForeign(node, ['t'])
  const index = new SetIndex(sketchKey(Buffer.from(node.network().id, 'hex'), 't'))
  let opened = 0
  await peer.libp2p.handle('/grapevine/reconcile/1', async (stream) => {
    if (++opened <= 3) return stream.abort(new Error('the link broke'))
    const frames = lpStream(stream)
    const session = Session.answer({ index, topic: peer.wireName('t') })
    while (!session.ended) {
      const outputs = session.busy ? session.advance() : session.handle((await frames.read()).slice())
      for (const output of outputs) if (output.type === 'send') await frames.write(output.frame)
    }
    await stream.close()
  })
  const { result, peers } = await node.comparing.verify('t', [])
  expect(peers).toMatchObject([{ state: 'equal', count: 0 }])
  expect(result).toBe('equal')
  expect(opened).toBeGreaterThan(3)
  // Gone for good: it does not take the whole time to say so.
  opened = -Infinity
  const asking = node.comparing.verify('t', [], { timeoutMs: 60_000 })
  await peer.libp2p.stop()
  expect(await asking).toMatchObject({ result: 'unanswered', peers: [{ state: 'unreachable' }] })
})

test('what a node lacks is counted with its times, and a session makes the two equal', async () => {
  const a = await startNode({ config })
  const b = await startNode({ ticket: a.ticket(), config })
  await a.hold('t')
  // Too much of one author at once: live traffic above the rate is ignored, but not for ever.
  await b.define({ name: 't', authorRateMax: 1 })
  const say = await startAuthor(a)
  await untilMet([a, b])
  await say(1, 30)
  await untilHeld(a, 30)
  const held = await heldBy(b)
  expect(held).toBeLessThan(30)
  const before = await a.comparing.verify('t', [b.peerId])
  const lack = { missing: 30 - held, refused: 0 }
  expect(before).toMatchObject({ result: 'differs', peers: [{ state: 'differs', count: held, lackedThere: lack }] })
  const { spans } = before.peers[0]!.lackedThere!
  expect(spans.reduce((sum, { count }) => sum + count, 0)).toBe(30 - held)
  for (const { from, to } of spans) expect(Date.parse(to) - Date.parse(from)).toBeLessThan(60_000)
  const dry = await b.comparing.sync('t', a.peerId, { dryRun: true })
  expect(dry).toMatchObject({ dryRun: true, lackedHere: lack, lackedThere: { missing: 0 }, came: 0, complete: true })
  expect(await b.comparing.sync('t', a.peerId)).toMatchObject({ came: 30 - held, refused: 0, went: 0, complete: true })
  expect(await a.comparing.verify('t', [])).toMatchObject({ result: 'equal', self: { count: 30 } })
})

test('what a node does not want by its own rules is refused and not missing, and its peer is not to blame', async () => {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const first = await startNode({ home, config })
  const isEven = (payload: Uint8Array): boolean => Number(Buffer.from(payload).toString().slice(1)) % 2 === 0
  const picky = defineTopic({ name: 't', validate: ({ payload }) => (isEven(payload) ? 'accept' : 'reject') })
  await first.hold('t')
  const say = await startAuthor(first)
  await say(1, 200)
  await untilHeld(first, 200)
  // After a restart gossip has forgotten them, and all of them come from the store.
  await first.stop()
  const a = await startNode({ home, config, network: 'test' })
  const b = await startNode({ ticket: a.ticket(), config, topics: [picky] })
  await untilHeld(b, 100)
  const { peers } = await eventually(
    () => b.comparing.verify('t', [a.peerId]),
    ({ peers: [peer] }) => peer?.state === 'refused',
  )
  expect(peers).toMatchObject([{ count: 200, lackedHere: { missing: 0, refused: 100 } }])
  expect((await b.comparing.verify('t', [])).self.refused).toEqual({ 'rule-rejected': 100 })
  expect(await a.comparing.verify('t', [b.peerId])).toMatchObject({
    result: 'differs',
    peers: [{ state: 'refused', lackedThere: { missing: 0, refused: 100 } }],
  })
  // Fetched once: another session brings nothing, and nobody is shut out for what it holds in good faith.
  expect(await b.comparing.sync('t', a.peerId)).toMatchObject({ came: 0, refused: 0, lackedHere: { refused: 100 } })
  expect(b.peering.blocked().peers).toEqual([])
  expect(b.peers().some(({ peerId, state }) => peerId === a.peerId && state === 'connected')).toBe(true)
})

test('what some let go of sooner than others is not compared: the range is what all of them keep', async () => {
  const a = await startNode({ config })
  const nodes = [a, await startNode({ ticket: a.ticket(), config }), await startNode({ ticket: a.ticket(), config })]
  const hour = { name: 't', retention: { time: 3_600_000 } }
  const minutes = { name: 't', retention: { time: 300_000 } }
  for (const node of nodes) await node.define(node === nodes[1] ? minutes : hour)
  const [old, young] = [await startAuthor(a, 600), await startAuthor(a)]
  await old(1, 10)
  await young(1, 20)
  for (const node of nodes) await untilHeld(node, 20)
  // Whoever asks, nodes that keep all or the one that does not.
  for (const node of nodes.slice(0, 2)) {
    const view = await eventually(
      () => node.comparing.verify('t', []),
      ({ result, self }) => result === 'equal' && self.count === 20,
    )
    expect(view.peers.filter(({ count }) => count === 20).length).toBeGreaterThanOrEqual(1)
    expect(Date.parse(view.range.from!)).toBeGreaterThan(Date.now() - 400_000)
  }
})

test('topics with content ids are compared whole, under equal rules', async () => {
  const definition = topicOf({ name: 't', id: 'content' }).definition
  const a = await startNode({ config })
  const b = await startNode({ ticket: a.ticket(), config })
  for (const node of [a, b]) await node.define(definition)
  await untilMet([a])
  for (const text of ['one', 'two', 'two']) await a.publish('t', Buffer.from(text))
  await untilHeld(b, 2)
  const view = await b.comparing.verify('t', [])
  expect(view).toMatchObject({ result: 'equal', range: {}, self: { count: 2 } })
  expect(view.range).toEqual({})
})

test('peers that cannot be asked are named with the reason, and nobody is not everybody', async () => {
  const a = await startNode({ config })
  await a.hold('t')
  expect(await a.comparing.verify('t', [])).toMatchObject({ result: 'unanswered', peers: [], self: { count: 0 } })
  const b = await startNode({ ticket: a.ticket(), config })
  await b.hold('t')
  await untilMet([a, b])
  await b.define({ name: 't', delivery: 'best-effort' }, true)
  const codeOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'done',
      (error: unknown) => (error instanceof NodeError ? error.code : error),
    )
  expect(await a.comparing.verify('t', [])).toMatchObject({ result: 'unanswered', peers: [{ state: 'not-held' }] })
  expect(await codeOf(a.comparing.sync('t', b.peerId))).toBe('not-held')
  expect(await codeOf(b.comparing.verify('t', []))).toBe('usage')
  expect(await codeOf(a.comparing.verify('nothing', []))).toBe('not-held')
  expect(await codeOf(a.comparing.verify('t', [a.peerId]))).toBe('not-found')
  expect(await codeOf(a.comparing.verify('t', ['nobody-I-know']))).toBe('not-found')
  await b.stop()
  await until(
    () => a.peers().length,
    (count) => count === 0,
  )
  expect(await a.comparing.verify('t', [b.peerId], { timeoutMs: 3_000 })).toMatchObject({
    result: 'unanswered',
    peers: [{ peerId: b.peerId, state: 'unreachable' }],
  })
})
