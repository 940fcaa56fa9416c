import type { Action, Event } from '@grapevine/protocol'

/** Actions about bodies that ask for an answer. */
type BodyAsk = Extract<Action, { readonly type: 'findBody' | 'readBody' | 'saveBody' | 'askChunk' }>

/** What an event is to a machine that did not ask in just the same way. */
export type AnswerKind =
  /** It happens whatever the machine does. */
  | 'fact'
  /** The answer to an action of this type, by its ref. */
  | Extract<Action['type'], 'sign' | 'gossip' | 'verify' | 'judge' | 'store' | 'load' | 'want' | BodyAsk['type']>
  /** About a stream, which one side opened. */
  | 'stream'

/** Every event of the machine. A new kind does not compile until it stands here. */
export const answerKinds: Readonly<Record<Event['type'], AnswerKind>> = {
  tick: 'fact',
  hold: 'fact',
  release: 'fact',
  publish: 'fact',
  signed: 'sign',
  named: 'gossip',
  gossiped: 'gossip',
  received: 'fact',
  fetched: 'fact',
  found: 'want',
  stored: 'store',
  restored: 'fact',
  emptied: 'fact',
  lost: 'fact',
  floor: 'fact',
  'peer-joined': 'fact',
  'peer-left': 'fact',
  opened: 'stream',
  frame: 'stream',
  flushed: 'stream',
  closed: 'stream',
  loaded: 'load',
  compare: 'fact',
  bodyFound: 'findBody',
  bodyRead: 'readBody',
  bodySaved: 'saveBody',
  chunk: 'askChunk',
  noChunk: 'askChunk',
  verified: 'verify',
  judged: 'judge',
  copied: 'fact',
  sent: 'fact',
}

/** Actions that ask for an answer. */
export type Asking =
  | BodyAsk
  | Extract<
      Action,
      { readonly type: 'sign' | 'gossip' | 'gossipSigned' | 'verify' | 'judge' | 'store' | 'load' | 'want' | 'open' }
    >

/** Every action of the machine: whether it asks. A new kind does not compile until it stands here. */
const asks: { readonly [Type in Action['type']]: Type extends Asking['type'] ? true : false } = {
  sign: true,
  verify: true,
  judge: true,
  gossip: true,
  gossipSigned: true,
  store: true,
  load: true,
  want: true,
  open: true,
  findBody: true,
  readBody: true,
  saveBody: true,
  askChunk: true,
  dropBody: false,
  blamed: false,
  verdict: false,
  settled: false,
  deliver: false,
  send: false,
  close: false,
  compared: false,
  ingested: false,
  pause: false,
  resume: false,
  published: false,
  refused: false,
  impersonated: false,
}

/** Whether an action asks for an answer. */
export const isAsking = (action: Action): action is Asking => asks[action.type]

/** What an action asks: by which ref, and all by which the same question is known again. */
export function questionOf(action: Asking): {
  readonly kind: AnswerKind
  readonly ref: number
  readonly about: readonly unknown[]
} {
  switch (action.type) {
    case 'sign':
      return { kind: 'sign', ref: action.ref, about: [action.bytes] }
    case 'gossip':
    case 'gossipSigned':
      return { kind: 'gossip', ref: action.ref, about: [action.topic, action.bytes] }
    case 'verify':
      return { kind: 'verify', ref: action.ref, about: [action.author, action.bytes, action.signature] }
    case 'judge':
      return { kind: 'judge', ref: action.ref, about: [action.topic, action.messages.map(({ payload }) => payload)] }
    case 'store':
      return { kind: 'store', ref: action.ref, about: [action.record.topic, action.record.bytes, action.record.kept] }
    case 'load':
      return { kind: 'load', ref: action.ref, about: [action.topic, action.keys] }
    case 'want':
      return { kind: 'want', ref: action.ref, about: [action.topic, action.peer, action.ids] }
    case 'findBody':
    case 'readBody':
    case 'saveBody':
      return { kind: action.type, ref: action.ref, about: [action.root] }
    case 'askChunk':
      return { kind: 'askChunk', ref: action.ref, about: [action.peer, action.root, action.index] }
    case 'open':
      break
  }
  return { kind: 'stream', ref: action.stream, about: [action.peer] }
}
