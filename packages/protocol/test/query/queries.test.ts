import { describe, expect, test } from 'vitest'
import { bytesOfText, keyOfName, textOf } from '../state/state-world.ts'
import { askOf, idOf, question, QueryNode, queryOf, returnOf, summaryOf, wall } from './query-node.ts'

const names = ['a', 'b', 'c', 'd', 'e', 'm']
const memberOf = (name: string): Uint8Array => keyOfName(name).slice(0, 16)

function nodeWith(links: readonly string[], options: ConstructorParameters<typeof QueryNode>[2] = {}): QueryNode {
  const node = new QueryNode('m', names, options)
  node.tell({ type: 'links', peers: links })
  return node
}

describe('who asks', () => {
  test('tells all neighbours, is asked itself, and hears each answer once', () => {
    const node = nodeWith(['a', 'b'])
    const actions = node.tell({ type: 'ask', ref: 5, question, time: wall })
    expect(summaryOf(actions)).toEqual(['asking', 'ask a', 'ask b', 'asked'])
    const { id } = actions[0] as { id: Uint8Array }
    const ack = returnOf('a', { query: id, index: 0, answers: 1, body: new Uint8Array(0) })
    expect(node.frame('a', ack)).toMatchObject([
      { type: 'response', ref: 5, responder: 'a', index: 0, answers: 1 },
      { type: 'send' },
    ])
    expect(summaryOf(node.frame('b', ack))).toEqual(['have b'])
    const answers = node.frame('b', returnOf('a', { query: id }))
    expect(summaryOf(answers)).toEqual(['response', 'have b'])
    expect(summaryOf(node.frame('b', returnOf('a', { query: id, body: bytesOfText('other') })))).toEqual(['have b'])
    // Its own.
    const own = node.tell({ type: 'answer', query: id, index: 1, body: bytesOfText('mine'), isFailed: false })
    expect(own).toMatchObject([{ type: 'response', ref: 5, responder: 'm', index: 1 }])
    expect(summaryOf(node.runTo(5000)).filter((each) => !each.startsWith('ask '))).toEqual(['ended'])
    expect(node.frame('b', returnOf('b', { query: id }))).toEqual([])
  })

  test('sends it again to those that do not show that they have it', () => {
    const node = nodeWith(['a', 'b'])
    const { id } = node.tell({ type: 'ask', ref: 1, question, time: wall })[0] as { id: Uint8Array }
    expect(id).toHaveLength(16)
    node.frame('a', returnOf('a', { query: id, index: 0, answers: 0, body: new Uint8Array(0) }))
    expect(summaryOf(node.runTo(4999)).filter((each) => each === 'ask b')).toHaveLength(4)
  })

  test('is refused if it asks too much', () => {
    const node = nodeWith(['a'])
    const kinds = Array.from({ length: 25 }, (_, ref) => node.tell({ type: 'ask', ref, question, time: wall })[0]?.type)
    expect(kinds.filter((kind) => kind === 'asking')).toHaveLength(20)
    expect(kinds.slice(20)).toEqual(Array.from({ length: 5 }, () => 'refused'))
    node.runTo(1000)
    expect(node.tell({ type: 'ask', ref: 99, question, time: wall })[0]?.type).toBe('asking')
  })

  test('asks one neighbour directly, and tells no more others than answers may go through', () => {
    const node = nodeWith(['a', 'b', 'c', 'd'])
    const near = { ...question, members: [memberOf('c')], relays: 1 }
    const actions = summaryOf(node.tell({ type: 'ask', ref: 1, question: near, time: wall }))
    expect(actions.slice(0, 2)).toEqual(['asking', 'ask c'])
    expect(actions).toHaveLength(3)
  })
})

describe('who is asked', () => {
  test('passes it on to all but those that have it, and answers the way that it came', () => {
    const node = nodeWith(['a', 'b', 'c'])
    const query = queryOf('e')
    const actions = node.frame('a', askOf(query))
    expect(summaryOf(actions)).toEqual(['have a', 'ask b', 'ask c', 'asked'])
    expect(actions.at(-1)).toMatchObject({ origin: 'e', leftMs: 5000, query: { name: 'load' } })
    expect(summaryOf(node.frame('b', askOf(query)))).toEqual([])
    const ack = node.tell({ type: 'acknowledge', query: idOf(query), answers: 1 })
    expect(summaryOf(ack)).toEqual(['return a'])
    // The origin is a neighbour now.
    node.tell({ type: 'links', peers: ['a', 'b', 'e'] })
    const body = bytesOfText('0.3')
    const answer = { type: 'answer', query: idOf(query), index: 1, body, isFailed: false } as const
    expect(summaryOf(node.tell(answer))).toEqual(['return e'])
    expect(node.tell(answer)).toEqual([])
  })

  test('answers through as many others as it is told', () => {
    const node = nodeWith(['a', 'b', 'c', 'd'])
    const query = queryOf('e', { relays: 2 })
    node.frame('a', askOf(query))
    const sent = summaryOf(node.tell({ type: 'acknowledge', query: idOf(query), answers: 0 }))
    expect(sent[0]).toBe('return a')
    expect(new Set(sent).size).toBe(3)
  })

  test('says nothing before it is asked to, nor if no acknowledgement is wanted', () => {
    const node = nodeWith(['a'])
    const query = queryOf('a', { wantsAck: false })
    node.frame('a', askOf(query))
    expect(node.tell({ type: 'acknowledge', query: idOf(query), answers: 1 })).toEqual([])
    expect(node.tell({ type: 'acknowledge', query: new Uint8Array(16), answers: 1 })).toEqual([])
  })

  test('is asked only if it has the tags and is among the members, and passes it on all the same', () => {
    const node = nodeWith(['a', 'b'], { tagOf: (key) => (key === 'role' ? 'relay' : undefined) })
    const asked = (number: number, given: Parameters<typeof queryOf>[1]): string[] =>
      summaryOf(node.frame('a', askOf(queryOf('e', { number, ...given }))))
    expect(asked(1, { tags: [{ key: 'role', glob: 're*' }] })).toContain('asked')
    expect(asked(2, { tags: [{ key: 'role', glob: 'x' }] })).toEqual(['have a', 'ask b'])
    expect(asked(3, { members: [memberOf('m')] })).toEqual(['have a', 'asked'])
    expect(asked(4, { members: [memberOf('b')] })).toEqual(['have a', 'ask b'])
  })

  test('tells neighbours that come later, while there is time', () => {
    const node = nodeWith(['a'])
    node.frame('a', askOf(queryOf('e'), { leftMs: 1000 }))
    expect(summaryOf(node.tell({ type: 'links', peers: ['a', 'b'] }))).toEqual(['ask b'])
    node.runTo(1500)
    expect(summaryOf(node.tell({ type: 'links', peers: ['a', 'b', 'c'] }))).toEqual([])
  })

  test('carries answers of others on, each once from each peer, and confirms them', () => {
    const node = nodeWith(['a', 'b', 'c'])
    const query = queryOf('e')
    node.frame('a', askOf(query))
    const answer = returnOf('d', { query: idOf(query) }, 3)
    expect(summaryOf(node.frame('b', answer))).toEqual(['have b', 'return a'])
    expect(summaryOf(node.frame('b', answer))).toEqual(['have b'])
    expect(summaryOf(node.frame('c', answer))).toEqual(['have c', 'return a'])
    // Never back to where it came from.
    expect(summaryOf(node.frame('a', answer))).not.toContain('return a')
  })

  test('sends answers again until they are confirmed, and in the end by another way', () => {
    const node = nodeWith(['a', 'b'])
    const query = queryOf('e')
    node.frame('a', askOf(query))
    node.frame('b', askOf(query))
    node.tell({ type: 'acknowledge', query: idOf(query), answers: 0 })
    const sent = summaryOf(node.runTo(4999)).filter((each) => each.startsWith('return'))
    expect(sent).toEqual(['return a', 'return a', 'return a', 'return b'])
  })

  test('forgets it when its time is over', () => {
    const node = nodeWith(['a'])
    const query = queryOf('e')
    node.frame('a', askOf(query))
    expect(node.runTo(6000).some(({ type }) => type === 'ended')).toBe(false)
    expect(node.queries.nextWakeup).toBeUndefined()
    const late = { type: 'answer', query: idOf(query), index: 1, body: bytesOfText('late'), isFailed: false } as const
    expect(node.tell(late)).toEqual([])
    expect(textOf(late.body)).toBe('late')
  })
})
