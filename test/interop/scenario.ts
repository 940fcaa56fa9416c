import { randomBytes } from 'node:crypto'
import { defineTopic, type Topic } from '@grapevine/node'
import { definitionHash, toHex, type Dialect, type Reason } from '@grapevine/protocol'
import { expect, onTestFinished } from 'vitest'
import { until } from '../site.ts'
import { OurNode, texts } from './our-node.ts'
import { PeerProgram, type PeerOptions } from './peer-program.ts'

/** Modes in which our node and a peer in another language understand each other. */
export type Mode = 'raw' | 'enveloped' | 'pubsub'

const format = { raw: 'raw', enveloped: 'envelope', pubsub: 'envelope' } as const

export const dialectOf = (mode: Mode): Dialect => (mode === 'pubsub' ? 'pubsub' : 'grapevine')

/** What the topics of these tests are called. */
export const name = 'interop/talk'

export const topicOf = (mode: Mode): Topic => defineTopic({ name, format: format[mode] }) as Topic

/** Messages each way in the main tests. */
export const thousand = 1_000

/** Compares in any order, and says which are missing, too many or strange rather than all of them. */
export function expectExactly(who: string, found: readonly string[], wanted: readonly string[]): void {
  const [left, more] = [new Set(wanted), [] as string[]]
  for (const text of found) if (!left.delete(text)) more.push(text)
  expect({ who, missing: left.size, more: more.length, some: [...left, ...more].slice(0, 10) }).toEqual({
    who,
    missing: 0,
    more: 0,
    some: [],
  })
}

/** Our node and a peer that keeps the rules think well of each other. */
export async function expectGoodScores(ours: OurNode, peer: PeerProgram): Promise<void> {
  const [of, by] = [ours.score(peer.id), (await peer.scores())[ours.id]!]
  expect({ of, by, areGood: of >= 0 && by >= 0 }).toEqual({ of, by, areGood: true })
}

/** A program in another language, to be run in tests: it ends with the test. */
export class Foreign {
  readonly #command: string
  readonly #options: Partial<PeerOptions>
  readonly #network: string = randomBytes(32).toString('hex')

  /** `options`: of every peer that it starts. */
  constructor(command: string, options: Partial<PeerOptions> = {}) {
    this.#command = command
    this.#options = options
  }

  /** Network id in hex; another one for each object. */
  get network(): string {
    return this.#network
  }

  async start(options: Omit<PeerOptions, 'network'>): Promise<PeerProgram> {
    const network = options.mode === 'pubsub' ? {} : { network: this.#network }
    const program = await PeerProgram.start(this.#command, { ...this.#options, ...options, ...network })
    onTestFinished(() => program.kill())
    return program
  }
}

/** A line, foreign – ours – foreign: the left peer dials us, and we dial the right one. */
class Line {
  readonly ours: OurNode
  readonly left: PeerProgram
  right: PeerProgram
  readonly wire: string

  private constructor(ours: OurNode, left: PeerProgram, right: PeerProgram) {
    this.ours = ours
    this.left = left
    this.right = right
    this.wire = ours.wireTopic(name)
  }

  static async start(foreign: Foreign, mode: Mode, rightOptions: { key?: string } = {}): Promise<Line> {
    const [left, right] = await Promise.all([foreign.start({ mode }), foreign.start({ mode, ...rightOptions })])
    const line = new Line(await OurNode.start(foreign.network, [topicOf(mode)], dialectOf(mode)), left, right)
    await left.join(line.wire)
    await right.join(line.wire)
    await left.dial(line.ours.address)
    await line.ours.node.peering.add(right.address)
    await line.isUp()
    return line
  }

  /** Resolves once all three are in the meshes of their neighbours. */
  async isUp(): Promise<void> {
    const us = this.ours.id
    for (const peer of [this.left, this.right]) await peer.saw('subscribed', (event) => event.peer === us)
    await this.ours.hasMesh(name, 2)
  }

  /** All three publish at once, and each gets what the two others say, exactly once. `batch` is of the foreign peers. */
  async talk(round: string, count: number, batch = 1): Promise<void> {
    const { ours, left, right, wire } = this
    await Promise.all([
      ours.publish(name, `${round} ours`, count),
      left.publish({ topic: wire, prefix: `${round} left`, count, batch }),
      right.publish({ topic: wire, prefix: `${round} right`, count, batch }),
    ])
    const said = (who: string): string[] => texts(`${round} ${who}`, count)
    // A peer that has just come also gets what was said in the seconds before.
    const ofRound = (all: readonly string[]): string[] => all.filter((text) => text.startsWith(`${round} `))
    const heard = async (peer: PeerProgram): Promise<string[]> => {
      const soFar = (): string[] => ofRound(peer.messages(wire).map(({ text }) => text))
      // Too few: the comparison says which are missing.
      await peer.until(() => soFar().length >= 2 * count, 'messages').catch(() => undefined)
      return soFar()
    }
    const [atLeft, atRight] = await Promise.all([heard(left), heard(right)])
    // Our node passes a message on before it is on disk, and gives it to its readers after.
    await until(
      () => ofRound(ours.texts(name)).length,
      (length) => length >= 2 * count,
    ).catch(() => undefined)
    expectExactly('ours', ofRound(ours.texts(name)), [...said('left'), ...said('right')])
    expectExactly('left', atLeft, [...said('ours'), ...said('right')])
    expectExactly('right', atRight, [...said('ours'), ...said('left')])
  }

  /** Nobody thinks ill of an honest peer. */
  async expectGoodScores(): Promise<void> {
    for (const peer of [this.left, this.right]) await expectGoodScores(this.ours, peer)
  }
}

/** 1,000 messages from each of the three, in envelopes of one and of seven; then a few more, behind which no copy can come. */
export async function lineScenario(foreign: Foreign, mode: Mode): Promise<void> {
  const line = await Line.start(foreign, mode)
  await line.talk('first', thousand)
  await line.talk('second', 70, mode === 'enveloped' ? 7 : 1)
  await line.expectGoodScores()
}

/** The same in rounds of as many as the queues of a peer take at once. */
export async function pacedScenario(foreign: Foreign, mode: Mode, atOnce: number): Promise<void> {
  const line = await Line.start(foreign, mode)
  for (let round = 0; round < thousand / atOnce; round++) await line.talk(`round ${round},`, atOnce)
  await line.expectGoodScores()
}

/** A foreign peer is killed and comes back, and then our node goes and comes back. */
export async function restartScenario(foreign: Foreign, mode: Mode): Promise<void> {
  const key = randomBytes(32).toString('hex')
  const line = await Line.start(foreign, mode, { key })
  const { ours, left, wire } = line
  await line.talk('before', 100)
  await line.right.kill()
  await left.publish({ topic: wire, prefix: 'while it was away', count: 10 })
  await ours.received(name, 210)

  const listen = line.right.address.split('/p2p/')[0]!
  line.right = await foreign.start({ mode, key, listen })
  await line.right.join(wire)
  await line.isUp()
  await line.talk('after its restart', 100)

  const us = ours.id
  await ours.stop()
  await left.saw('unsubscribed', ({ peer }) => peer === us)
  await line.right.saw('unsubscribed', ({ peer }) => peer === us)
  left.forget('dialed', 'subscribed')
  line.right.forget('subscribed')
  await ours.start()
  await left.dial(ours.address)
  await line.isUp()
  await line.talk('after ours', 100)
  await line.expectGoodScores()
}

/** What breaks the rules of a topic stops at our node, and costs only who sent it. */
export async function rulesScenario(foreign: Foreign, mode: Mode): Promise<void> {
  const ruled = defineTopic({
    name: 'interop/ruled',
    format: format[mode],
    payload: { json: { type: 'object', required: ['n'] } },
    messageBytesMax: 1_000,
  })
  const schema = toHex(definitionHash(ruled.definition).subarray(0, 8))
  const ours = await OurNode.start(foreign.network, [ruled], dialectOf(mode))
  const wire = ours.wireTopic(ruled.name)
  const [honest, reader, wrongdoer] = await Promise.all([
    foreign.start({ mode }),
    foreign.start({ mode }),
    foreign.start({ mode, unchecked: true }),
  ])
  for (const peer of [honest, reader, wrongdoer]) {
    await peer.join(wire)
    await peer.dial(ours.address)
    await peer.saw('subscribed', (event) => event.peer === ours.id)
  }
  await ours.hasMesh(ruled.name, 3)

  const wrong = wrongs(mode)
  for (const [at, { publish }] of wrong.entries()) {
    await wrongdoer.publish({ topic: wire, prefix: `wrong ${at}`, count: 0, schema, ...publish })
  }
  const reasons = await until(
    () => ours.node.status().counters.reasons,
    (all) => Object.values(all).reduce((sum, count) => sum + count, 0) >= wrong.length,
  )
  expect(reasons).toEqual(countOf(wrong))
  // Comes after all that our node could have passed on before.
  const good = ['{"n":1}', '{"n":2}']
  await honest.publish({ topic: wire, prefix: 'good', count: 0, texts: good, schema })
  await reader.until(() => reader.messages(wire).length >= 2, 'good messages')
  expect(
    reader
      .messages(wire)
      .map(({ text }) => text)
      .toSorted(),
  ).toEqual(good)
  expect(honest.messages(wire)).toEqual([])
  if (mode === 'pubsub') {
    // It cannot know our rules.
    await expectGoodScores(ours, wrongdoer)
  } else {
    // Gossipsub counts scores anew once a second.
    await until(
      () => ours.score(wrongdoer.id),
      (score) => score < 0,
    )
  }
  for (const peer of [honest, reader]) {
    await expectGoodScores(ours, peer)
  }
}

interface Wrong {
  readonly reason: Reason
  readonly publish: Partial<Parameters<PeerProgram['publish']>[0]>
}

function countOf(wrong: readonly Wrong[]): Partial<Record<Reason, number>> {
  const counts: Partial<Record<Reason, number>> = {}
  for (const { reason } of wrong) counts[reason] = (counts[reason] ?? 0) + 1
  return counts
}

function wrongs(mode: Mode): readonly Wrong[] {
  const both: Wrong[] = [
    { reason: 'bad-schema', publish: { texts: ['{"m":1}'] } },
    { reason: 'bad-schema', publish: { texts: ['no JSON'] } },
    { reason: 'oversize', publish: { texts: ['{"n":3}'], size: 1_001 } },
    { reason: 'oversize', publish: { texts: ['{"n":4}'], size: 61_000 } },
  ]
  if (mode === 'raw') return both
  if (mode === 'pubsub') return both.map((wrong) => ({ ...wrong, reason: 'other-definition' }))
  return [
    ...both,
    { reason: 'bad-schema', publish: { texts: ['{"n":5}', '[]', '{"n":6}'], batch: 3 } },
    { reason: 'bad-signature', publish: { texts: ['{"n":7}'], fault: 'signature' } },
    { reason: 'bad-signature', publish: { texts: ['{"n":8}'], fault: 'topic' } },
    { reason: 'bad-encoding', publish: { texts: ['{"n":9}'], fault: 'encoding' } },
  ]
}
