import type { AnswerView, AskedView, QueryEndView, QueryItemView } from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import type { AskOptions, Responder } from '../../src/cluster/query-api.ts'
import type { Node } from '../../src/node.ts'
import { version } from '../../src/version.ts'
import { startNode, until } from '../test-network.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text)

/** A responder that answers all with what this makes of them. */
function respond(node: Node, name: string, answerOf: (asked: AskedView) => string): Responder {
  const responder = node.queries.respond(name)
  void (async () => {
    for await (const asked of responder) responder.answer(asked.query, bytes(answerOf(asked)))
  })()
  return responder
}

async function ask(node: Node, name: string, options: AskOptions = {}): Promise<QueryItemView[]> {
  const items: QueryItemView[] = []
  for await (const item of node.queries.ask(name, bytes('?'), options)) items.push(item)
  return items
}

const answersOf = (items: readonly QueryItemView[]): Record<string, string | undefined> =>
  Object.fromEntries(
    items.filter((item): item is AnswerView => item.type === 'answer').map(({ peer, text }) => [peer, text]),
  )
const endOf = (items: readonly QueryItemView[]): QueryEndView => items.at(-1) as QueryEndView

/** Waits until a node sees so many others alive, with what they say of themselves. */
const seesAlive = (node: Node, count: number): Promise<unknown> =>
  until(
    () =>
      [...node.cluster!.membership.members()].filter(({ peer, status }) => peer !== node.peerId && status === 'alive'),
    ({ length }) => length === count,
  )

async function pair(): Promise<[Node, Node]> {
  const one = await startNode()
  const two = await startNode({ ticket: one.ticket(), name: 'two' })
  await Promise.all([seesAlive(one, 1), seesAlive(two, 1)])
  return [one, two]
}

describe('a query', () => {
  test('is answered by all, the asker too, and ends when all have', async () => {
    const [one, two] = await pair()
    respond(one, 'load', () => 'one')
    respond(two, 'load', ({ text, origin }) => `${text} ${origin === one.peerId}`)
    const items = await ask(one, 'load', { timeoutMs: 60_000 })
    expect(items[0]).toMatchObject({ type: 'begun', name: 'load', members: 2 })
    expect(answersOf(items)).toEqual({ [one.peerId]: 'one', [two.peerId]: '? true' })
    expect(endOf(items)).toMatchObject({ members: 2, acknowledged: 2, answered: 2, failed: 0, silent: [] })
  })

  test('goes to those with a tag, and to those who are named', async () => {
    const [one, two] = await pair()
    await two.state.set('role', 'relay')
    await until(
      () => one.state.get('role', two.peerId),
      (entry) => entry !== undefined,
    )
    for (const node of [one, two]) respond(node, 'who', () => 'me')
    expect(Object.keys(answersOf(await ask(one, 'who', { tags: ['role=re*'] })))).toEqual([two.peerId])
    expect(Object.keys(answersOf(await ask(two, 'who', { tags: ['role'] })))).toEqual([two.peerId])
    expect(Object.keys(answersOf(await ask(two, 'who', { peers: [one.peerId] })))).toEqual([one.peerId])
    expect(endOf(await ask(one, 'who', { tags: ['role=x'], timeoutMs: 50 }))).toMatchObject({ members: 0, answered: 0 })
  })

  test('is only acknowledged where nobody responds, and ping by every node', async () => {
    const [one] = await pair()
    const items = await ask(one, 'nothing')
    expect(items.filter(({ type }) => type === 'acknowledged')).toMatchObject([{ answers: 0 }, { answers: 0 }])
    expect(endOf(items)).toMatchObject({ acknowledged: 2, answered: 0, silent: [] })
    expect(Object.values(answersOf(await ask(one, 'ping')))).toEqual([version, version])
  })

  test('has an answer from each of several responders on one node, four at most', async () => {
    const [one, two] = await pair()
    for (const number of [1, 2, 3, 4]) respond(two, 'many', () => `answer ${number}`)
    expect(() => two.queries.respond('many')).toThrow(expect.objectContaining({ code: 'busy' }))
    const items = await ask(one, 'many', { peers: ['two'] })
    const answers = new Set(items.flatMap((item) => (item.type === 'answer' ? [item.text] : [])))
    expect(answers).toEqual(new Set([1, 2, 3, 4].map((number) => `answer ${number}`)))
  })

  test('tells of responders that fail, and of those that end before they answer', async () => {
    const [one, two] = await pair()
    const failing = two.queries.respond('try')
    void (async () => {
      for await (const { query } of failing) failing.fail(query, 'no idea')
    })()
    const leaving = two.queries.respond('try')
    void (async () => {
      for await (const _ of leaving) leaving.close()
    })()
    const items = await ask(one, 'try', { peers: ['two'] })
    const reasons = items.flatMap((item) => (item.type === 'failed' ? [item.reason] : []))
    expect(reasons.toSorted()).toEqual(['no idea', 'the responder is gone'])
    expect(endOf(items)).toMatchObject({ failed: 1, answered: 0 })
  })

  test('names those of whom nothing came when the time is up', async () => {
    const [one, two] = await pair()
    two.queries.respond('slow')
    const items = await ask(one, 'slow', { timeoutMs: 200 })
    expect(endOf(items)).toMatchObject({ acknowledged: 2, answered: 0, silent: [] })
    const unheard = await ask(one, 'slow', { timeoutMs: 200, acknowledge: false })
    expect(endOf(unheard)).toMatchObject({ members: 2, acknowledged: 0 })
    expect(endOf(unheard).silent).toHaveLength(2)
  })

  test('carries bytes as they are, and refuses what is too large', async () => {
    const [one, two] = await pair()
    const responder = two.queries.respond('bytes')
    const body = Uint8Array.of(0xff, 0, 1)
    const asking = one.queries.request('two', 'bytes', body)
    for await (const { query, base64 } of responder) {
      expect(base64).toBe(Buffer.from(body).toString('base64'))
      expect(() => responder.answer(query, new Uint8Array(16_385))).toThrow(
        expect.objectContaining({ code: 'oversize' }),
      )
      responder.answer(query, new Uint8Array(16_384).fill(0xff))
      break
    }
    expect(await asking).toMatchObject({ peer: two.peerId, size: 16_384 })
    await expect(
      ask(one, 'bytes', {}).then(() => one.queries.request('two', 'x', new Uint8Array(8193))),
    ).rejects.toMatchObject({
      code: 'oversize',
    })
    await expect(ask(one, 'a b')).rejects.toMatchObject({ code: 'usage' })
    await expect(ask(one, 'a', { tags: ['=x'] })).rejects.toMatchObject({ code: 'usage' })
    await expect(ask(one, 'a', { peers: ['nobody'] })).rejects.toMatchObject({ code: 'not-found' })
    await expect(ask(one, 'a', { timeoutMs: 600_001 })).rejects.toMatchObject({ code: 'usage' })
  })

  test('ends when its reader goes, and too many at once are refused', async () => {
    const [one] = await pair()
    for await (const { type } of one.queries.ask('gone', bytes(''), { timeoutMs: 60_000 })) if (type === 'begun') break
    const codes = await Promise.all(
      Array.from({ length: 25 }, () =>
        ask(one, 'nothing').then(
          () => 'done',
          (error: { code: string }) => error.code,
        ),
      ),
    )
    expect(codes).toContain('overloaded')
    expect(codes).toContain('done')
  })
})

test('nodes that are not connected ask each other through others', async () => {
  const hub = await startNode()
  const rest = { ticket: hub.ticket(), config: { 'connections.target': 0 } }
  const one = await startNode({ ...rest, name: 'one' })
  const two = await startNode({ ...rest, name: 'two' })
  await Promise.all([seesAlive(one, 2), seesAlive(two, 2)])
  expect(one.peers().map(({ peerId }) => peerId)).toEqual([hub.peerId])
  respond(two, 'where', () => 'behind the hub')
  expect(await one.queries.request('two', 'where', bytes(''))).toMatchObject({ text: 'behind the hub' })
  expect(endOf(await ask(one, 'ping'))).toMatchObject({ members: 3, answered: 3 })
})

describe('a request', () => {
  test('says why there is no answer', async () => {
    const [one, two] = await pair()
    const request = (name: string): Promise<unknown> => one.queries.request('two', name, bytes(''), { timeoutMs: 200 })
    await expect(request('nobody')).rejects.toMatchObject({ code: 'no-responder' })
    two.queries.respond('silent')
    await expect(request('silent')).rejects.toMatchObject({ code: 'timeout', message: /has not answered/ })
    const failing = two.queries.respond('failing')
    void (async () => {
      for await (const { query } of failing) failing.fail(query, 'exit code 3')
    })()
    await expect(request('failing')).rejects.toMatchObject({ code: 'no-answer', message: /exit code 3/ })
    await expect(one.queries.request('nobody', 'x', bytes(''))).rejects.toMatchObject({ code: 'not-found' })
  })
})

test('a network of dialect pubsub has none', async () => {
  const node = await startNode({ dialect: 'pubsub', network: 'p' })
  expect(() => node.queries.ask('ping', bytes(''))).toThrow(expect.objectContaining({ code: 'usage' }))
})
