import { describe, expect, test } from 'vitest'
import type { PeerOptions } from './peer-program.ts'
import { buildGoPeer, testGoPeer } from './go-peer.ts'
import { disagreementScenario } from './disagreement.ts'
import { middleScenario } from './middle.ts'
import { Foreign, lineScenario, pacedScenario, restartScenario, rulesScenario, thousand } from './scenario.ts'

// Before the tests are known, so that a first build that fetches modules counts against no test.
const build = await buildGoPeer()
if ('missing' in build) console.log(`tests with go-libp2p-pubsub are skipped: ${build.missing}`)
const foreign = (options: Partial<PeerOptions> = {}): Foreign =>
  new Foreign('command' in build ? build.command : '', options)

describe.skipIf('missing' in build)('with go-libp2p-pubsub', { timeout: 300_000 }, () => {
  test('envelopes, ids and signatures in Go, from the documents alone, are those of the vectors', async () => {
    expect(await testGoPeer()).toMatch(/^ok /m)
  })

  describe.each(['raw', 'enveloped'] as const)('on a topic that is %s', (mode) => {
    test('go – ours – go: 1,000 messages from each arrive exactly once, and no score falls', () =>
      lineScenario(foreign(), mode))
    test('ours – go – ours: 1,000 messages each way arrive exactly once', () => middleScenario(foreign(), mode))
    test('a peer that was killed comes back, and so does our node', () => restartScenario(foreign(), mode))
    test('what breaks the rules of the topic is not relayed, and costs only its sender', () =>
      rulesScenario(foreign(), mode))
  })

  const dialects = [
    ['as Go speaks it by default', {}],
    ['with the sequence-number validator', { 'seqno-validator': true }],
  ] as const
  describe.each(dialects)('in the dialect pubsub, %s', (_, options) => {
    test('go – ours – go: 1,000 messages from each arrive exactly once, and no score falls', () =>
      lineScenario(foreign(options), 'pubsub'))
    test('the same with the short queues that Go has by default, in rounds that fit into them', () =>
      pacedScenario(foreign({ ...options, queue: '32' }), 'pubsub', 10))
    test('ours – go – ours: 1,000 messages each way arrive exactly once', () =>
      middleScenario(foreign(options), 'pubsub'))
    test('a peer that was killed comes back, and so does our node', () => restartScenario(foreign(options), 'pubsub'))
    test('what breaks the rules of the topic is not relayed, and costs nobody, since nobody can know them', () =>
      rulesScenario(foreign(options), 'pubsub'))
  })

  test('a peer that signs is told of where nobody does', () =>
    disagreementScenario(foreign(), { ours: 'grapevine', theirs: 'pubsub', problem: 'signs its messages' }))

  test('a peer that does not sign is told of where everybody does', () =>
    disagreementScenario(foreign(), { ours: 'pubsub', theirs: 'raw', problem: 'does not sign its messages' }))

  test('two Go peers speak the dialect pubsub, with the sequence-number validator', async () => {
    const go = foreign()
    const options = { mode: 'pubsub', 'seqno-validator': true } as const
    const [one, two] = await Promise.all([go.start(options), go.start(options)])
    for (const peer of [one, two]) await peer.join('talk')
    await one.dial(two.address)
    for (const peer of [one, two]) await peer.publish({ topic: 'talk', prefix: peer.id, count: thousand })
    await two.until(() => two.messages('talk').length >= thousand, 'messages of the other')
    expect(new Set(two.messages('talk').map(({ text }) => text)).size).toBe(thousand)
    expect(two.messages('talk').every(({ author }) => author === one.id)).toBe(true)
  })
})
