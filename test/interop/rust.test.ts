import { createHash, randomBytes } from 'node:crypto'
import { defineTopic, type Topic } from '@grapevine/node'
import { decodeEnvelope } from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import { until } from '../site.ts'
import { OurNode, texts } from './our-node.ts'
import type { PeerMessage, PeerProgram } from './peer-program.ts'
import { buildRustPeer } from './rust-peer.ts'
import { disagreementScenario } from './disagreement.ts'
import { middleScenario } from './middle.ts'
import { Foreign, lineScenario, restartScenario, rulesScenario, thousand } from './scenario.ts'

// Before the tests are known, so that a first build counts against no test.
const build = await buildRustPeer()
if ('missing' in build) console.log(`tests with rust-libp2p are skipped: ${build.missing}`)
const foreign = (): Foreign => new Foreign('command' in build ? build.command : '')

const talk = defineTopic({ name: 'talk' }) as Topic
const rawTalk = defineTopic({ name: 'talk', format: 'raw' }) as Topic
/** Largest payload that fits into an envelope of its own. */
const largest = 59_829

describe.skipIf('missing' in build)('with rust-libp2p', { timeout: 300_000 }, () => {
  test('rust – ours – rust: 1,000 raw messages from each arrive exactly once, and no score falls', () =>
    lineScenario(foreign(), 'raw'))

  test.each(['raw', 'enveloped'] as const)(
    'ours – rust – ours: 1,000 %s messages each way arrive exactly once',
    (mode) => middleScenario(foreign(), mode),
  )

  test('a peer that was killed comes back, and so does our node', () => restartScenario(foreign(), 'raw'))

  test('what breaks the rules of a raw topic is not relayed, and costs only its sender', () =>
    rulesScenario(foreign(), 'raw'))

  test('bytes that are no envelope of their author are not relayed, and cost only their sender', async () => {
    const rust = foreign()
    const [ours, other] = [await OurNode.start(rust.network, [talk]), await OurNode.start(rust.network, [talk])]
    const recorder = await join(rust, other)
    await other.node.publish('talk', Buffer.from('changed on its way'), { waitPeers: 1 })
    const changed = Buffer.from(await heard(recorder, other, 1))
    changed[changed.length - 1]! ^= 1

    const [reader, wrongdoer] = [await join(rust, ours), await join(rust, ours, { unchecked: true })]
    for (const bytes of [Buffer.from('junk'), changed])
      wrongdoer.tell({ do: 'send', topic: ours.wireTopic('talk'), base64: bytes.toString('base64') })
    await until(
      () => ours.node.status().counters.reasons,
      (reasons) => reasons['bad-encoding'] === 1 && reasons['bad-signature'] === 1,
    )
    await ours.node.publish('talk', Buffer.from('good'), { waitPeers: 2 })
    await heard(reader, ours, 1)
    expect(payloads(reader, ours)).toEqual(['good'])
    // Counted anew once a second.
    await until(
      () => ours.score(wrongdoer.id),
      (score) => score < 0,
    )
    await expectGoodScores(ours, reader)
  })

  test('a peer that knows no envelopes says one again, and it is the same message, of the same author', async () => {
    const rust = foreign()
    const [author, late] = [await OurNode.start(rust.network, [talk]), await OurNode.start(rust.network, [talk])]
    const recorder = await join(rust, author)
    const { id } = await author.node.publish('talk', Buffer.from('said before'), { waitPeers: 1 })
    const envelope = await heard(recorder, author, 1)
    const wire = author.wireTopic('talk')
    const gossipId = createHash('sha256').update(`${wire}\0`).update(envelope).digest('hex')
    expect(recorder.messages(wire)[0]!.id).toBe(gossipId)
    const player = await join(rust, late)
    player.tell({ do: 'send', topic: wire, base64: envelope.toString('base64') })
    expect(await late.received('talk', 1)).toEqual(['said before'])
    expect(late.node.why(id)).toMatchObject({ author: author.id, gossipId })
    await expectGoodScores(late, player)
  })

  test('the largest messages pass with its default of 64 KiB for an RPC', async () => {
    const { one, middle, two } = await startLine()
    for (let count = 1; count <= 5; count++) {
      // One by one: see docs/interop.md.
      await one.node.publish('talk', Buffer.alloc(largest, `${count}`), { waitPeers: 1 })
      const arrived = await two.received('talk', count)
      expect(arrived.at(-1)).toBe(`${count}`.repeat(largest))
    }
    await expectGoodScores(one, middle)
    await expectGoodScores(two, middle)
  })

  test('a row of the largest messages, at which it may end the stream, costs the link a few seconds at most', async () => {
    const rust = foreign()
    const ours = await OurNode.start(rust.network, [rawTalk])
    const peer = await join(rust, ours)
    const wire = ours.wireTopic('talk')
    const row = Array.from({ length: 50 }, (_, at) => Buffer.alloc(largest, `${at} `))
    await Promise.all(row.map((bytes) => ours.node.publish('talk', bytes, { waitPeers: 1 })))
    await until(
      async () => {
        await ours.node.publish('talk', Buffer.from(`after, at ${performance.now()}`))
        return peer.messages(wire).some(({ text }) => text.startsWith('after, at '))
      },
      (hasArrived) => hasArrived,
    )
  })

  test('1,000 messages of 1 KB at once, which leave in full batches, arrive', async () => {
    const { one, middle, two } = await startLine()
    const said = texts('said', thousand).map((text) => text.padEnd(1_000))
    await Promise.all(said.map((text) => one.node.publish('talk', Buffer.from(text))))
    expect((await two.received('talk', thousand)).toSorted()).toEqual(said.toSorted())
    await expectGoodScores(one, middle)
    await expectGoodScores(two, middle)
  })

  test('a peer that comes late asks for 1,000 recent messages and gets them', async () => {
    const rust = foreign()
    const ours = await OurNode.start(rust.network, [rawTalk])
    const late = await rust.start({ mode: 'raw' })
    const wire = ours.wireTopic('talk')
    await late.join(wire)
    const said = texts('early', thousand)
    await Promise.all(said.map((text) => ours.node.publish('talk', Buffer.from(text))))
    await late.dial(ours.address)
    await late.until(() => late.messages(wire).length >= said.length, 'what was said before')
    await ours.node.publish('talk', Buffer.from('now'))
    await late.until(() => late.messages(wire).length > said.length, 'the next message')
    expect(
      late
        .messages(wire)
        .map(({ text }) => text)
        .toSorted(),
    ).toEqual([...said, 'now'].toSorted())
    await expectGoodScores(ours, late)
  })

  describe('in the dialect pubsub', () => {
    test('rust – ours – rust: 1,000 messages from each arrive exactly once, and no score falls', () =>
      lineScenario(foreign(), 'pubsub'))
    test('ours – rust – ours: 1,000 messages each way arrive exactly once', () => middleScenario(foreign(), 'pubsub'))
    test('a peer that was killed comes back, and so does our node', () => restartScenario(foreign(), 'pubsub'))
    test('what breaks the rules of the topic is not relayed, and costs nobody, since nobody can know them', () =>
      rulesScenario(foreign(), 'pubsub'))
  })

  test('a peer that signs is told of where nobody does', () =>
    disagreementScenario(foreign(), { ours: 'grapevine', theirs: 'pubsub', problem: 'signs its messages' }))

  test('a peer that does not sign is told of where everybody does', () =>
    disagreementScenario(foreign(), { ours: 'pubsub', theirs: 'raw', problem: 'does not sign its messages' }))

  test('two Rust peers speak the dialect pubsub', async () => {
    const rust = foreign()
    const options = { mode: 'pubsub', key: randomBytes(32).toString('hex') } as const
    const [one, two] = await Promise.all([rust.start(options), rust.start({ mode: 'pubsub' })])
    for (const peer of [one, two]) await peer.join('talk')
    await one.dial(two.address)
    for (const peer of [one, two]) await peer.publish({ topic: 'talk', prefix: peer.id, count: thousand })
    await two.until(() => two.messages('talk').length >= thousand, 'messages of the other')
    expect(new Set(two.messages('talk').map(({ text }) => text)).size).toBe(thousand)
    expect(two.messages('talk').every(({ author }) => author === one.id)).toBe(true)
  })
})

/** A Rust peer that has joined `talk`, dialled our node, and knows that it is there. */
async function join(rust: Foreign, ours: OurNode, options: { unchecked?: boolean } = {}): Promise<PeerProgram> {
  const peer = await rust.start({ mode: 'enveloped', ...options })
  await peer.join(ours.wireTopic('talk'))
  await peer.dial(ours.address)
  await peer.saw('subscribed', (event) => event.peer === ours.id)
  return peer
}

/** A line, ours – rust – ours, in which what one side says arrives at the other. */
async function startLine(): Promise<{ one: OurNode; middle: PeerProgram; two: OurNode }> {
  const rust = foreign()
  const [one, two] = [await OurNode.start(rust.network, [talk]), await OurNode.start(rust.network, [talk])]
  const middle = await join(rust, one)
  await middle.dial(two.address)
  // Publishes nothing: waits for both in its mesh.
  await middle.publish({ topic: one.wireTopic('talk'), prefix: 'nothing', count: 0, peers: 2 })
  return { one, middle, two }
}

/** Envelopes on `talk` as a Rust peer had them; it tells of what is not text in base64. */
const envelopes = (peer: PeerProgram, ours: OurNode): Buffer[] =>
  peer
    .messages(ours.wireTopic('talk'))
    .map((message) => Buffer.from((message as PeerMessage & { base64: string }).base64, 'base64'))

/** Waits until a Rust peer has as many envelopes; returns the last. */
async function heard(peer: PeerProgram, ours: OurNode, count: number): Promise<Buffer> {
  await peer.until(() => envelopes(peer, ours).length >= count, `${count} envelopes`)
  return envelopes(peer, ours)[count - 1]!
}

/** Texts in the envelopes that a Rust peer had. */
function payloads(peer: PeerProgram, ours: OurNode): string[] {
  return envelopes(peer, ours).flatMap((bytes) => {
    const decoded = decodeEnvelope(bytes)
    return decoded.ok ? decoded.envelope.body.messages.map((payload) => Buffer.from(payload).toString()) : ['?']
  })
}

/** Neither thinks ill of the other, now and when our node has counted its scores anew, which it does once a second. */
async function expectGoodScores(ours: OurNode, peer: PeerProgram): Promise<void> {
  const start = performance.now()
  await until(
    () => {
      expect(ours.score(peer.id)).toBeGreaterThanOrEqual(0)
      return performance.now() - start
    },
    (passed) => passed > 1_100,
  )
  expect((await peer.scores())[ours.id]).toBeGreaterThanOrEqual(0)
}
