import type { MessageView, PublishView } from '@grapevine/protocol/control'
import { completeDefinition, ProtocolError, type TopicDefinitionInput } from '@grapevine/protocol'
import type { ControlClient } from '../control/client.ts'
import { NodeError } from '../error.ts'
import type { RelayAnswer } from './answer.ts'

/** A message as the functions of a relay get it. */
export interface RelayMessage<Value = Uint8Array> extends Omit<MessageView, 'text' | 'base64' | 'via'> {
  /** How it came; `own`: this node is about to publish it. */
  readonly via: MessageView['via'] | 'own'
  readonly payload: Uint8Array
  /** What `decode` made of the payload; the payload itself without one. */
  readonly value: Value
}

/** What a relay does with the messages of one topic. */
export interface RelayTopic<Value = Uint8Array> extends Omit<TopicDefinitionInput, 'id' | 'validate'> {
  /** Rules that are data only: every node of the network has to find the same ids, also those that run no relay. */
  readonly id?: Exclude<TopicDefinitionInput['id'], { readonly custom: string } | undefined>
  /** Reads a payload. A throw rejects the message, with the error's message as the reason. */
  readonly decode?: (payload: Uint8Array) => Value
  /**
   * Judges a message before it is kept and passed on. Without it every message is accepted that follows the rules of the
   * topic. A throw is the relay's own failure: the message is judged again, and nobody is blamed.
   */
  readonly validate?: (message: RelayMessage<Value>, relay: RelayContext) => RelayAnswer | Promise<RelayAnswer>
  /**
   * Ids, in hex, of the messages on this topic that have to be there first. While one is missing the message is put off
   * and the missing one asked for; `validate` is called once all are there.
   */
  readonly dependencies?: (message: RelayMessage<Value>) => readonly string[]
  /**
   * What is done with a message while the relay is away, or could not judge it: `defer` (default) puts it off, so that
   * nothing is lost and nothing passes unseen.
   */
  readonly onFailure?: 'defer' | 'accept' | 'ignore'
  /**
   * What one author says at a time travels in one envelope, for topics of many small messages that do not depend on each
   * other; one that is rejected takes its neighbours with it. A rule of the topic, the same on all nodes.
   */
  readonly together?: boolean
  /** Called for each message that this node has accepted and kept, its own ones too, one after the other. */
  readonly onAccept?: (message: RelayMessage<Value>, relay: RelayContext) => void | Promise<void>
  /**
   * Which messages `onAccept` gets. `missed` (default): each once, also those that were accepted while the relay was
   * away; what it throws for comes again. `all`: the whole history at each start, and then what comes, for a relay that
   * keeps what it knows in memory; `validate` is called only once the history is through. `new`: what comes.
   */
  readonly replay?: 'missed' | 'all' | 'new'
}

/** Something that is to be done again and again; never twice at once. */
export interface RelayTimer {
  /** In ms, 10 or more, from the end of one run to the beginning of the next. */
  readonly everyMs: number
  readonly run: (relay: RelayContext) => void | Promise<void>
}

/** What the functions of a relay can do. */
export interface RelayContext {
  readonly name: string
  /** A folder for files of the relay, which stays. */
  readonly directory: string
  /** The node's control API. */
  readonly client: ControlClient
  /** Aborted when the relay is to stop. */
  readonly signal: AbortSignal
  readonly log: {
    readonly [Level in 'info' | 'warn' | 'error']: (text: string, fields?: Readonly<Record<string, unknown>>) => void
  }
  /** Publishes on a topic. Errors: those of the control API. */
  publish(topic: string, payload: Uint8Array, options?: { readonly parents?: readonly string[] }): Promise<PublishView>
  /** Adds to a counter, which `relay status` shows. */
  count(name: string, by?: number): void
  /** Sets a value that goes up and down, which `relay status` shows. */
  gauge(name: string, value: number | string): void
}

/** A relay: topics with what is to be done with their messages, and what else is to be done. */
export interface Relay {
  /** `[A-Za-z0-9._-]{1,48}` */
  readonly name: string
  /** Their histories are read one after the other, in this order. */
  readonly topics: readonly RelayTopic<unknown>[]
  readonly timers?: readonly RelayTimer[]
  /** Called before anything else. */
  readonly start?: (relay: RelayContext) => void | Promise<void>
  /** Called once, when histories are through and messages are judged. */
  readonly ready?: (relay: RelayContext) => void | Promise<void>
  /** Called last, also where the relay failed. */
  readonly stop?: (relay: RelayContext) => void | Promise<void>
}

/** Timers, counters and names stay within these. */
const [topicsMax, timersMax, everyMsMin] = [64, 64, 10]

/**
 * Checks a relay; what `grapevine relay run` runs is the default export of a module that calls this. Error `usage`, naming
 * what was expected and what came.
 *
 * @example
 * ```ts
 * import { defineRelay, relayTopic, reject } from '@grapevine/node/relay'
 *
 * export default defineRelay({
 *   name: 'short-words',
 *   topics: [relayTopic({ name: 'words', payload: 'text', validate: ({ size }) => (size <= 10 ? 'accept' : reject('long')) })],
 * })
 * ```
 */
export function defineRelay(relay: Relay): Relay {
  const { name, topics, timers = [] } = relay ?? {}
  if (typeof name !== 'string' || !/^[A-Za-z0-9._-]{1,48}$/.test(name) || /^\.+$/.test(name))
    throw wrong('name', '1 to 48 of A-Z a-z 0-9 . _ -', name)
  if (!Array.isArray(topics) || topics.length < 1 || topics.length > topicsMax)
    throw wrong('topics', `1 to ${topicsMax} topics`, topics)
  for (const topic of topics) checkTopic(topic)
  if (new Set(topics.map((topic) => topic.name)).size < topics.length) throw wrong('topics', 'each topic once', topics)
  if (!Array.isArray(timers) || timers.length > timersMax) throw wrong('timers', `at most ${timersMax}`, timers)
  for (const { everyMs, run } of timers) {
    if (!Number.isFinite(everyMs) || everyMs < everyMsMin)
      throw wrong('timers', `everyMs of ${everyMsMin} or more`, everyMs)
    requireFunction('timers.run', run)
  }
  for (const hook of ['start', 'ready', 'stop'] as const) requireFunction(hook, relay[hook], true)
  return relay
}

/** A topic of a relay, with the type of its values. */
export const relayTopic = <Value = Uint8Array>(topic: RelayTopic<Value>): RelayTopic<unknown> =>
  topic as RelayTopic<unknown>

/** Whether a relay has a say in what a topic carries. */
export const isJudged = ({ decode, validate, dependencies }: RelayTopic<unknown>): boolean =>
  (decode ?? validate ?? dependencies) !== undefined

/** The rules of a topic, without what the relay does with its messages. */
export function definitionOf(topic: RelayTopic<unknown>): TopicDefinitionInput {
  const {
    decode: _,
    validate: __,
    dependencies: ___,
    onAccept: ____,
    onFailure: _____,
    replay: ______,
    together = false,
    ...rest
  } = topic
  return { ...rest, ...(isJudged(topic) && { validate: together ? 'together' : 'each' }) }
}

function checkTopic(topic: RelayTopic<unknown>): void {
  for (const hook of ['decode', 'validate', 'dependencies', 'onAccept'] as const)
    requireFunction(`${topic.name}.${hook}`, topic[hook], true)
  const { replay = 'missed', onFailure = 'defer', together = false } = topic
  if (!['missed', 'all', 'new'].includes(replay)) throw wrong(`${topic.name}.replay`, 'missed, all or new', replay)
  if (!['defer', 'accept', 'ignore'].includes(onFailure))
    throw wrong(`${topic.name}.onFailure`, 'defer, accept or ignore', onFailure)
  if (typeof together !== 'boolean') throw wrong(`${topic.name}.together`, 'true or false', together)
  try {
    const { id } = completeDefinition(definitionOf(topic))
    if (typeof id === 'object' && 'custom' in id) throw wrong(`${topic.name}.id`, 'a rule that is data', id)
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    throw new NodeError('usage', `topic ${topic.name}: ${error.message}`, undefined, { cause: error })
  }
}

function requireFunction(name: string, value: unknown, orNone = false): void {
  if (typeof value !== 'function' && !(orNone && value === undefined)) throw wrong(name, 'a function', value)
}

function wrong(field: string, expected: string, found: unknown): NodeError {
  const shown = typeof found === 'string' ? found : (JSON.stringify(found) ?? String(found))
  return new NodeError('usage', `relay: ${field}: expected ${expected}, got ${shown.slice(0, 80)}`)
}
