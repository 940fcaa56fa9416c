import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeQueryFrame } from '../../src/query/index.ts'
import { keyOfName } from '../state/state-world.ts'
import { askOf, idOf, question, QueryNode, queryOf, returnOf, summaryOf, wall } from './query-node.ts'

const names = ['a', 'b', 'c', 'e', 'm']

function nodeWith(links: readonly string[], options: ConstructorParameters<typeof QueryNode>[2] = {}): QueryNode {
  const node = new QueryNode('m', names, options)
  node.tell({ type: 'links', peers: links })
  return node
}

test('no bytes make it throw, and what is no frame is blamed on its sender', () => {
  const node = nodeWith(['a'])
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const actions = node.frame('a', bytes)
      expect(summaryOf(actions).every((each) => each === 'blame a bad-encoding')).toBe(true)
    }),
  )
  expect(summaryOf(node.frame('a', new Uint8Array(17_409)))).toEqual(['blame a bad-encoding'])
})

test('a query that its origin has not signed goes no further, and does not keep out the one that it has', () => {
  const node = nodeWith(['a', 'b'])
  const query = queryOf('e')
  expect(summaryOf(node.frame('a', askOf(query, { signer: keyOfName('a') })))).toEqual(['blame a bad-signature'])
  expect(summaryOf(node.frame('b', askOf(query)))).toContain('asked')
})

test('a forged copy that comes while the signature is checked does not keep out the honest one', () => {
  const node = nodeWith(['a', 'b'])
  const query = queryOf('e')
  const tell = (peer: string, bytes: Uint8Array): readonly { type: string; ref?: number }[] =>
    node.queries.handle({ type: 'frame', peer, bytes, wall }, 0)
  const forged = tell('a', askOf(query, { signer: keyOfName('a') }))
  const honest = tell('b', askOf(query))
  expect([forged, honest].map(([action]) => action?.type)).toEqual(['verify', 'verify'])
  node.tell({ type: 'verified', ref: forged[0]!.ref!, valid: false })
  const actions = node.tell({ type: 'verified', ref: honest[0]!.ref!, valid: true })
  expect(summaryOf(actions)).toContain('asked')
})

describe('an old query that somebody sends again', () => {
  test('is not carried out twice, in this life of its origin or after a later one', () => {
    const node = nodeWith(['a', 'b'])
    node.frame('a', askOf(queryOf('e', { number: 70 })))
    node.runTo(10_000)
    for (const number of [70, 1, 6]) expect(node.frame('b', askOf(queryOf('e', { number })))).toEqual([])
    expect(summaryOf(node.frame('b', askOf(queryOf('e', { number: 7 }))))).toContain('asked')
    expect(summaryOf(node.frame('b', askOf(queryOf('e', { epoch: 2 }))))).toContain('asked')
    expect(node.frame('b', askOf(queryOf('e', { number: 71 })))).toEqual([])
  })

  test('is not carried out after a restart, by the clock', () => {
    const node = nodeWith(['a'])
    const hour = 3_600_000_000
    expect(node.frame('a', askOf(queryOf('e', { time: wall - hour })))).toEqual([])
    expect(node.frame('a', askOf(queryOf('e', { time: wall + hour })))).toEqual([])
    expect(summaryOf(node.frame('a', askOf(queryOf('e', { time: wall - hour / 7 }))))).toContain('asked')
  })
})

test('who brings a query cannot shorten the time that others have to answer it', () => {
  const node = nodeWith(['a', 'b'])
  const query = queryOf('e')
  const asked = node.frame('a', askOf(query, { leftMs: 1 })).find(({ type }) => type === 'asked')
  expect(asked).toMatchObject({ leftMs: 5000 })
  node.runTo(100)
  node.frame('b', askOf(query))
  expect(summaryOf(node.tell({ type: 'links', peers: ['a', 'b', 'c'] }))).toEqual(['ask c'])
  expect(summaryOf(node.tell({ type: 'acknowledge', query: idOf(query), answers: 0 }))).toEqual(['return a'])
})

describe('a flood', () => {
  test('of queries from one peer under many keys ends at its rate, and others still get through', () => {
    const node = nodeWith(['a', 'b'])
    const flood = Array.from({ length: 500 }, (_, at) => node.frame('a', askOf(queryOf(`x${at}`))))
    expect(flood.filter((actions) => actions.length > 0)).toHaveLength(100)
    expect(summaryOf(node.frame('b', askOf(queryOf('e'))))).toContain('asked')
    node.now = 1000
    const more = Array.from({ length: 50 }, (_, at) => node.frame('a', askOf(queryOf(`y${at}`))))
    expect(more.filter((actions) => actions.length > 0)).toHaveLength(20)
  })

  test('of queries of one origin ends at its rate, whoever brings them', () => {
    const node = nodeWith(['a', 'b'])
    const asked = Array.from({ length: 60 }, (_, at) => {
      const frame = askOf(queryOf('e', { number: at + 1 }))
      return summaryOf(node.frame(at % 2 === 0 ? 'a' : 'b', frame)).includes('asked')
    })
    expect(asked.filter(Boolean)).toHaveLength(20)
  })

  test('of queries that wait long takes a quarter of the room', () => {
    const limits = { queriesMax: 8, peerRate: { burst: 1000, perSecond: 1000 } }
    const node = nodeWith(['a', 'b'], { limits })
    const took = (peer: string): number =>
      Array.from({ length: 20 }, (_, at) => node.frame(peer, askOf(queryOf(`${peer}${at}`)))).filter((actions) =>
        summaryOf(actions).includes('asked'),
      ).length
    expect([took('a'), took('b'), took('c'), took('d'), took('e')]).toEqual([2, 2, 2, 2, 0])
    expect(node.tell({ type: 'ask', ref: 1, question, time: wall })).toMatchObject([{ type: 'refused' }])
    node.runTo(6000)
    expect(took('f')).toBe(2)
  })

  test('of answers goes on one for one, and no faster than its rate', () => {
    const node = nodeWith(['a', 'b'], { limits: { answerRate: { burst: 10, perSecond: 1 } } })
    const query = queryOf('e')
    node.frame('a', askOf(query))
    const passed = Array.from({ length: 50 }, (_, at) =>
      summaryOf(node.frame('b', returnOf(`x${at}`, { query: idOf(query) }))).filter((each) => each === 'return a'),
    )
    expect(passed.flat()).toHaveLength(10)
    expect(passed.every((each) => each.length <= 1)).toBe(true)
  })

  test('of copies is answered with less than it costs', () => {
    const node = nodeWith(['a', 'b'])
    const frame = askOf(queryOf('e'))
    node.frame('a', frame)
    const answers = Array.from({ length: 2000 }, () => node.frame('a', frame))
    expect(answers.filter(({ length }) => length > 0).length).toBeLessThanOrEqual(1200)
    const sizes = answers.flat().map((action) => (action.type === 'send' ? action.bytes.length : 0))
    expect(Math.max(...sizes)).toBeLessThan(frame.length)
  })
})

describe('answers', () => {
  test('to a question that nobody asked go nowhere', () => {
    const node = nodeWith(['a', 'b'])
    expect(node.frame('a', returnOf('e', { query: new Uint8Array(16) }))).toEqual([])
  })

  test('that their responder has not signed are not heard, and do not keep out the ones that it has', () => {
    const node = nodeWith(['a', 'b'])
    const { id } = node.tell({ type: 'ask', ref: 1, question, time: wall })[0] as { id: Uint8Array }
    const honest = returnOf('e', { query: id })
    const forged = honest.slice()
    forged[forged.length - 1]! ^= 1
    expect(summaryOf(node.frame('a', forged))).toEqual(['have a'])
    expect(summaryOf(node.frame('b', honest))).toEqual(['response', 'have b'])
  })

  test('go no further than the last hop', () => {
    const node = nodeWith(['a', 'b'])
    const query = queryOf('e')
    node.frame('a', askOf(query, { hops: 31 }))
    expect(node.frame('b', askOf(queryOf('e', { number: 2 }), { hops: 32 }))).toEqual([])
    expect(summaryOf(node.frame('b', returnOf('c', { query: idOf(query) }, 31)))).toEqual(['have b'])
  })
})

test('words that a query came, of queries that did not, change nothing', () => {
  const node = nodeWith(['a'])
  expect(node.frame('a', encodeQueryFrame({ type: 'have', id: new Uint8Array(16) }))).toEqual([])
})
