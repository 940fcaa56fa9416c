import { randomBytes } from 'node:crypto'
import type { Dialect } from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import { gossipDialects } from '../../src/gossip/dialect.ts'
import { Disagreements, type Disagreement } from '../../src/gossip/disagreement.ts'

function watch(dialect: Dialect) {
  const told: [string, Disagreement][] = []
  const forged: string[] = []
  let now = 0
  const disagreements = new Disagreements({
    dialect,
    isId: gossipDialects[dialect].isId,
    wireTopicOf: (name) => (name === 'chat' ? '/gv/1/0011223344556677/chat' : undefined),
    onFound: (peer, found) => told.push([peer, found]),
    onForged: (peer) => forged.push(peer),
    now: () => now,
  })
  return { disagreements, told, forged, pass: (ms: number) => (now += ms) }
}

const base58 = '12D3KooWBtg3aaRMjxwedh83aGiUkwSxDwUZkzuJcfaqUmo7R3pq'
const seqno = randomBytes(8)
const author = Buffer.concat([Buffer.from('002408011220', 'hex'), randomBytes(32), seqno])
const ids = {
  hash: randomBytes(32),
  author,
  rsaAuthor: Buffer.concat([Buffer.from('1220', 'hex'), randomBytes(32), seqno]),
  secp256k1Author: Buffer.concat([Buffer.from('00250802122102', 'hex'), randomBytes(32), seqno]),
  rust: Buffer.from(`${base58}1795365093426737443`),
  js: Buffer.concat([Buffer.from('08011220', 'hex'), randomBytes(32), seqno]),
  none: Buffer.alloc(0),
}

describe('the ids of what a peer offers', () => {
  const good: readonly [Dialect, keyof typeof ids][] = [
    ['grapevine', 'hash'],
    ['pubsub', 'author'],
    ['pubsub', 'rsaAuthor'],
    ['pubsub', 'secp256k1Author'],
  ]
  test.each(good)('in dialect %s may be of kind %s', (dialect, kind) => {
    const { disagreements, told } = watch(dialect)
    disagreements.advertised('peer', [{ topicID: 'chat', messageIDs: [ids[kind]] }], () => true)
    expect(told).toEqual([])
  })

  const bad: readonly [Dialect, keyof typeof ids, string][] = [
    ['grapevine', 'author', '46 bytes'],
    ['grapevine', 'none', 'no function was set'],
    ['pubsub', 'hash', '32 bytes'],
    ['pubsub', 'rust', "71 bytes, rust-libp2p's default"],
    ['pubsub', 'js', "44 bytes, js-libp2p's default"],
  ]
  test.each(bad)('in dialect %s are told of if they are of kind %s', (dialect, kind, text) => {
    const { disagreements, told } = watch(dialect)
    const ihave = [{ topicID: 'chat', messageIDs: [ids[kind]] }]
    disagreements.advertised('peer', ihave, () => false)
    expect(told).toEqual([])
    disagreements.advertised('peer', ihave, () => true)
    expect(told).toHaveLength(1)
    expect(told[0]![1].problem).toContain(text)
    expect(disagreements.of('peer')).toBe(told[0]![1])
  })
})

describe('what gossip refuses', () => {
  const data = { topic: 't', data: randomBytes(4) }
  const signature = randomBytes(64)
  test.each([
    ['grapevine', { ...data, signature, seqno }, 'signs its messages'],
    ['grapevine', { ...data, seqno }, 'puts author or number'],
    ['pubsub', data, 'does not sign'],
    ['pubsub', { ...data, seqno }, 'does not sign'],
    ['pubsub', { ...data, signature }, 'does not sign'],
    ['pubsub', { ...data, signature, seqno }, 'not those of their authors'],
  ] as const)('in dialect %s, case %#, is told of', (dialect, message, text) => {
    const { disagreements, told, forged } = watch(dialect)
    disagreements.refused('peer', message)
    expect(told[0]![1].problem).toContain(text)
    expect(forged).toEqual(text.startsWith('not those') ? ['peer'] : [])
  })
})

describe('the topics of a peer', () => {
  test('show that it speaks another dialect', () => {
    const plain = watch('grapevine')
    plain.disagreements.subscribed('peer', ['other', 'chat'])
    expect(plain.told[0]![1].problem).toContain('subscribes to chat and not to /gv/1/0011223344556677/chat')
    const wire = watch('pubsub')
    wire.disagreements.subscribed('peer', ['chat', '/gv/1/0011223344556677/chat'])
    expect(wire.told[0]![1].problem).toContain('speaks the dialect grapevine')
  })

  test('show nothing where they are not ours, or both forms of one that is', () => {
    const { disagreements, told } = watch('grapevine')
    disagreements.subscribed('a', ['other', '/gv/1/ffffffffffffffff/chat'])
    disagreements.subscribed('b', ['chat', '/gv/1/0011223344556677/chat'])
    expect(told).toEqual([])
  })
})

test('a peer is told of once, also when it comes again, and at most twenty are in a minute', () => {
  const { disagreements, told, pass } = watch('pubsub')
  const find = (peer: string): void => disagreements.refused(peer, { topic: 't' })
  find('a')
  find('a')
  disagreements.forget('a')
  expect(disagreements.of('a')).toBeUndefined()
  find('a')
  expect(disagreements.of('a')).toBeDefined()
  expect(told).toHaveLength(1)
  for (let index = 0; index < 5_000; index++) find(`peer ${index}`)
  expect(told).toHaveLength(20)
  expect(disagreements.of('peer 0')).toBeUndefined()
  pass(60_000)
  find('late')
  expect(told).toHaveLength(21)
})
