import { sha256, toHex } from '@grapevine/protocol'
import {
  type Answer,
  encodeAnswer,
  encodeQuery,
  encodeQueryFrame,
  type Query,
  queryIdOf,
  type QueryFrame,
  querySignedBytes,
} from '@grapevine/protocol/query'

/** Signs with the key that all examples of queries are signed with. */
interface QuerySigner {
  readonly owner: Uint8Array
  readonly sign: (bytes: Uint8Array) => Uint8Array
}

const epoch = 1_767_225_600_000

/** The examples of queries: questions, what is signed of them, answers, and frames. */
export function queryVectors(networkId: Uint8Array, { owner, sign }: QuerySigner): object {
  const small: Query = {
    origin: owner,
    epoch,
    number: 1,
    time: epoch * 1000,
    timeoutMs: 5000,
    name: 'load',
    body: new Uint8Array(0),
    tags: [],
    members: [],
    relays: 0,
    wantsAck: false,
  }
  const large: Query = {
    ...small,
    number: 300,
    body: Buffer.from('one minute'),
    tags: [{ key: 'role', glob: 're*' }, { key: 'zone' }],
    members: [owner.slice(0, 16)],
    relays: 2,
    wantsAck: true,
  }
  const queries = { 'to everybody': small, 'to one member with tags': large }
  const bytes = encodeQuery(large)
  const query = queryIdOf(sha256(bytes))
  const answer: Answer = { query, responder: owner, index: 1, answers: 0, body: Buffer.from('0.7'), isFailed: false }
  const none = new Uint8Array(0)
  const answers = {
    'an acknowledgement: one answer is to come': { ...answer, index: 0, answers: 1, body: none },
    'an acknowledgement: nobody answers': { ...answer, index: 0, body: none },
    'an answer': answer,
    'an empty answer': { ...answer, index: 2, body: none },
    'why there is none': { ...answer, body: Buffer.from('exit code 3'), isFailed: true },
  }
  const answerBytes = encodeAnswer(answer)
  const signature = sign(querySignedBytes('query', networkId, sha256(bytes)))
  const frames: Readonly<Record<string, QueryFrame>> = {
    'a query from its origin': { type: 'ask', query: bytes, signature, hops: 0, leftMs: 5000 },
    'a query passed on': { type: 'ask', query: bytes, signature, hops: 3, leftMs: 1 },
    'an answer on its way': {
      type: 'return',
      answer: answerBytes,
      signature: sign(querySignedBytes('answer', networkId, sha256(answerBytes))),
      hops: 1,
    },
    'that a query came': { type: 'have', id: query },
  }
  return {
    comment: 'Bytes in hex, but names and tags are text. Numbers are strings.',
    networkId: toHex(networkId),
    queries: Object.entries(queries).map(([name, each]) => ({
      name,
      query: jsonOf(each),
      wire: toHex(encodeQuery(each)),
      id: toHex(queryIdOf(sha256(encodeQuery(each)))),
      signedBytes: toHex(querySignedBytes('query', networkId, sha256(encodeQuery(each)))),
    })),
    answers: Object.entries(answers).map(([name, each]) => ({
      name,
      answer: jsonOf(each),
      wire: toHex(encodeAnswer(each)),
      signedBytes: toHex(querySignedBytes('answer', networkId, sha256(encodeAnswer(each)))),
    })),
    frames: Object.entries(frames).map(([name, frame]) => ({
      name,
      frame: jsonOf(frame),
      wire: toHex(encodeQueryFrame(frame)),
    })),
    invalid: {
      queries: wires({
        'no bytes': none,
        'life 0': encodeQuery({ ...small, epoch: 0 }),
        'number 0': encodeQuery({ ...small, number: 0 }),
        'no time to answer': encodeQuery({ ...small, timeoutMs: 0 }),
        'more than ten minutes': encodeQuery({ ...small, timeoutMs: 600_001 }),
        'a name with a space': encodeQuery({ ...small, name: 'a b' }),
        'a body that is too long': encodeQuery({ ...small, body: new Uint8Array(8193) }),
        'a member twice': encodeQuery({ ...small, members: [owner.slice(0, 16), owner.slice(0, 16)] }),
        'nine filters': encodeQuery({ ...small, tags: Array.from({ length: 9 }, () => ({ key: 'a' })) }),
        'a filter without key': encodeQuery({ ...small, tags: [{ key: '', glob: 'x' }] }),
        'nine relays': encodeQuery({ ...small, relays: 9 }),
      }),
      answers: wires({
        'no bytes': none,
        'a fifth answer': encodeAnswer({ ...answer, index: 5 }),
        'five answers to come': encodeAnswer({ ...answer, index: 0, answers: 5, body: none }),
        'an acknowledgement with a body': encodeAnswer({ ...answer, index: 0 }),
        'an answer that tells of others': encodeAnswer({ ...answer, answers: 1 }),
        'a body that is too long': encodeAnswer({ ...answer, body: new Uint8Array(16_385) }),
      }),
      frames: wires({
        'no bytes': none,
        'two in one': Buffer.concat([
          encodeQueryFrame({ type: 'ask', query: bytes, signature, hops: 0, leftMs: 1 }),
          encodeQueryFrame({ type: 'have', id: query }),
        ]),
        'no time left': encodeQueryFrame({ type: 'ask', query: bytes, signature, hops: 0, leftMs: 0 }),
        'a short id': encodeQueryFrame({ type: 'have', id: query.slice(1) }),
        'a short signature': encodeQueryFrame({
          type: 'ask',
          query: bytes,
          signature: signature.slice(1),
          hops: 0,
          leftMs: 1,
        }),
      }),
    },
  }
}

const wires = (cases: Readonly<Record<string, Uint8Array>>): object[] =>
  Object.entries(cases).map(([name, wire]) => ({ name, wire: toHex(wire) }))

function jsonOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(jsonOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, jsonOf(member)]))
}
