import { toHex } from '../../src/bytes.ts'
import { sha256 } from '../../src/id.ts'
import {
  type Answer,
  encodeAnswer,
  encodeQuery,
  encodeQueryFrame,
  Queries,
  type QueriesOptions,
  type Query,
  type QueryAction,
  type QueryEvent,
  queryIdOf,
  querySignedBytes,
  type Question,
} from '../../src/query/index.ts'
import { bytesOfText, fakeSign, keyOfName, networkId } from '../state/state-world.ts'

/** The wall clock of the tests, µs since 1970. */
export const wall = 1_767_225_600_000_000

export const question: Question = {
  name: 'load',
  body: bytesOfText('?'),
  tags: [],
  members: [],
  relays: 0,
  wantsAck: true,
  timeoutMs: 5000,
}

/** A query of a node by name, signed by it. */
export function queryOf(origin: string, given: Partial<Query> = {}): Query {
  return { ...question, origin: keyOfName(origin), epoch: 1, number: 1, time: wall, ...given }
}

export const idOf = (query: Query): Uint8Array => queryIdOf(sha256(encodeQuery(query)))

/** A query as a frame. */
export function askOf(query: Query, { hops = 0, leftMs = 5000, signer = query.origin } = {}): Uint8Array {
  const bytes = encodeQuery(query)
  const signature = fakeSign(signer, querySignedBytes('query', networkId, sha256(bytes)))
  return encodeQueryFrame({ type: 'ask', query: bytes, signature, hops, leftMs })
}

/** An answer of a node by name as a frame. */
export function returnOf(responder: string, given: Pick<Answer, 'query'> & Partial<Answer>, hops = 0): Uint8Array {
  const bytes = encodeAnswer({
    responder: keyOfName(responder),
    index: 1,
    answers: 0,
    body: bytesOfText('0.7'),
    isFailed: false,
    ...given,
  })
  const signature = fakeSign(keyOfName(responder), querySignedBytes('answer', networkId, sha256(bytes)))
  return encodeQueryFrame({ type: 'return', answer: bytes, signature, hops })
}

/** One node, which signs and checks at once; peers are called by the names of their keys. */
export class QueryNode {
  now = 0
  readonly queries: Queries
  readonly #owner: Uint8Array
  readonly #names: readonly string[]

  constructor(name: string, names: readonly string[], options: Partial<QueriesOptions> = {}) {
    this.#owner = keyOfName(name)
    this.#names = names
    const peerOf = (owner: Uint8Array): string =>
      this.#names.find((each) => keyOfName(each).every((byte, at) => byte === owner[at])) ?? toHex(owner)
    const tagOf = (): undefined => undefined
    const fixed = { networkId, owner: this.#owner, epoch: 1, seed: 7, ownerOf: keyOfName, peerOf, tagOf }
    this.queries = new Queries({ ...fixed, ...options })
  }

  /** What follows from an event, signatures aside. */
  tell(event: QueryEvent): QueryAction[] {
    return this.queries.handle(event, this.now).flatMap((action) => {
      if (action.type === 'sign') {
        return this.tell({ type: 'signed', ref: action.ref, signature: fakeSign(this.#owner, action.bytes) })
      }
      if (action.type !== 'verify') return [action]
      const expected = fakeSign(action.owner, action.bytes)
      const valid = action.signature.every((byte, at) => byte === expected[at])
      return this.tell({ type: 'verified', ref: action.ref, valid })
    })
  }

  frame(peer: string, bytes: Uint8Array): QueryAction[] {
    return this.tell({ type: 'frame', peer, bytes, wall })
  }

  /** Runs until nothing is due before this time. */
  runTo(until: number): QueryAction[] {
    const actions: QueryAction[] = []
    for (;;) {
      const next = this.queries.nextWakeup
      if (next === undefined || next > until) break
      this.now = next
      actions.push(...this.tell({ type: 'tick' }))
    }
    this.now = until
    return actions
  }
}

/** The peers to which actions send a frame of this kind, and other actions by type. */
export function summaryOf(actions: readonly QueryAction[]): string[] {
  return actions.map((action) => {
    if (action.type !== 'send') return action.type === 'blame' ? `blame ${action.peer} ${action.fault}` : action.type
    const kind = { 0x0a: 'ask', 0x12: 'return', 0x1a: 'have' }[action.bytes[0]!]
    return `${kind} ${action.peer}`
  })
}
