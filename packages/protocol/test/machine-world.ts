import { toHex } from '../src/bytes.ts'
import { encodeBody, encodeEnvelope, type EnvelopeBody } from '../src/envelope.ts'
import type { Action, Event } from '../src/event.ts'
import { gossipId, sha256, wireTopic } from '../src/id.ts'
import { Machine } from '../src/machine.ts'
import type { MachineOptions } from '../src/machine-options.ts'
import { encodeUtf8 } from '../src/text.ts'
import type { TopicRules } from '../src/topic.ts'

export const networkId: Uint8Array = new Uint8Array(32).fill(7)
export const self: Uint8Array = new Uint8Array(32).fill(1)
export const alice: Uint8Array = new Uint8Array(32).fill(2)
/** Wall clock of all tests in ms and µs. The machine's epoch is that of a life that began now. */
export const wallMs = 1_700_000_000_000
export const wall: number = wallMs * 1000

export const rulesOf = (name: string, rules: Partial<TopicRules> = {}): TopicRules => ({
  name,
  wireName: wireTopic(networkId, name),
  format: 'envelope',
  messageBytesMax: 1000,
  judged: false,
  delivery: 'best-effort',
  authorRateMax: Infinity,
  ...rules,
})

/** A machine that holds topics `t` (with these rules) and `u`. */
export function machineWith(rules: Partial<TopicRules> = {}, options: Partial<MachineOptions> = {}): Machine {
  const machine = new Machine({ networkId, author: self, epoch: wallMs, salt: 5, ...options })
  machine.handle({ type: 'hold', rules: rulesOf('t', rules) }, 0)
  machine.handle({ type: 'hold', rules: rulesOf('u', rules) }, 0)
  return machine
}

export const text = (value: string): Uint8Array => encodeUtf8(value)
export const junkSignature: Uint8Array = new Uint8Array(64).fill(9)
export const signature: Uint8Array = new Uint8Array(64).fill(3)

/** What arrives from a peer. The signature is any 64 bytes: to check it is the host's part. */
export function received(
  messages: readonly (string | Uint8Array)[],
  options: Partial<EnvelopeBody> & { topic?: string; from?: string; signature?: Uint8Array; wall?: number } = {},
): Event & { type: 'received' } {
  const { topic = 't', from = 'peer', signature: signedWith = signature, wall: at = wall, ...body } = options
  const payloads = messages.map((message) => (typeof message === 'string' ? text(message) : message))
  const bodyBytes = encodeBody({
    author: alice,
    epoch: 1,
    sequence: 1,
    time: wall,
    parents: [],
    ...body,
    messages: payloads,
  })
  return arrival(encodeEnvelope(bodyBytes, signedWith), { topic, from, wall: at })
}

/** Bytes from a peer as gossip reports them. */
export function arrival(
  bytes: Uint8Array,
  options: { topic?: string; from?: string; wall?: number } = {},
): Event & { type: 'received' } {
  const { topic = 't', from = 'peer', wall: at = wall } = options
  const wireName = wireTopic(networkId, topic)
  return {
    type: 'received',
    topic: wireName,
    from,
    gossipId: toHex(gossipId(sha256, wireName, bytes)),
    bytes,
    wall: at,
  }
}

/** The action of a type, of which there must be one. */
export function only<Type extends Action['type']>(
  actions: readonly Action[],
  type: Type,
): Action & { readonly type: Type } {
  const found = actions.filter((action): action is Action & { readonly type: Type } => action.type === type)
  if (found.length !== 1) throw new Error(`${found.length} actions of type ${type} among: ${summary(actions).join()}`)
  return found[0]!
}

/** Each action in a few words: what a test compares when the bytes do not matter. */
export function summary(actions: readonly Action[]): string[] {
  return actions.map((action) => {
    const { type } = action
    if (type === 'verdict') return `verdict ${action.decision.verdict} ${action.decision.reason}`
    if (type === 'settled') {
      return `settled ${action.decision.verdict} ${action.decision.reason}${action.bytes === undefined ? '' : ', passed on'}`
    }
    if (type === 'want') return `want ${action.ids.length} of ${action.peer}`
    if (type === 'deliver' || type === 'judge') {
      return `${type} ${action.messages.map(({ payload }) => new TextDecoder().decode(payload)).join()}`
    }
    if (type === 'published')
      return `published ${action.ref} ${action.duplicate ? 'duplicate' : `${action.peers} peers`}`
    return type === 'refused' ? `refused ${action.ref} ${action.code}` : type
  })
}

/** Feeds an arrival and a good signature: what an honest envelope causes in all. */
export function accept(machine: Machine, event: Event & { type: 'received' }, now = 1): Action[] {
  const first = machine.handle(event, now)
  const verify = first.find((action) => action.type === 'verify')
  if (verify === undefined) return [...first]
  return [...first, ...machine.handle({ type: 'verified', ref: verify.ref, valid: true }, now)]
}

/** Publishes and answers each effect at once until nothing is left to do. */
export function settle(machine: Machine, event: Event, { peers = 1, now = 1 } = {}): Action[] {
  const all: Action[] = []
  const events = [event]
  for (let next = events.shift(); next !== undefined; next = events.shift()) {
    for (const action of machine.handle(next, now)) {
      all.push(action)
      if (action.type === 'sign') events.push({ type: 'signed', ref: action.ref, signature })
      if (action.type === 'gossip') events.push({ type: 'gossiped', ref: action.ref, peers })
      if (action.type === 'verify') events.push({ type: 'verified', ref: action.ref, valid: true })
    }
  }
  return all
}

export const publish = (ref: number, payload: string | Uint8Array, topic = 't'): Event => ({
  type: 'publish',
  ref,
  topic,
  payload: typeof payload === 'string' ? text(payload) : payload,
  time: wall,
})
