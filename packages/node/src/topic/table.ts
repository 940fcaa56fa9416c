import {
  canonicalJson,
  definitionHash,
  isDefaultDefinition,
  matchTopic,
  type Judgement,
  type Message,
  type TopicRules,
} from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import { Judge } from './judge.ts'
import { Reader, type Past, type Position } from './reader.ts'
import { RecentMessages } from './recent.ts'
import { refuseBadName } from './name.ts'
import { rulesOf, type RulesNetwork } from './rules.ts'
import { topicOf, type Topic } from './topic.ts'

/** A held topic with its rules, validator and live readers. */
export interface HeldTopic {
  readonly topic: Topic
  /** Of the definition, 32 bytes. */
  readonly hash: Uint8Array
  readonly rules: TopicRules
  readonly judge?: Judging
  readonly readers: Set<Reader>
}

/** Judges messages: one judgement for each, in order; never rejects. */
export type Judging = Pick<Judge, 'judge'>

/** Bounds of validators whose topic names none. */
export type ValidatorDefaults = Pick<Topic, 'validateTimeoutMs' | 'validateConcurrency'>

/** What a reader reads. */
export interface Selection {
  /** Names of held topics. */
  readonly names: readonly string[]
  /** Globs: all held topics that match one, also those held only later. */
  readonly globs?: readonly string[]
  /** Begin behind this place. Absent: with the next message. */
  readonly after?: Position
  /** Nobody knows what the reader missed: begin with a gap. */
  readonly isTorn?: boolean
  /** Of what comes from the store, only this. */
  readonly wants?: (message: Message) => boolean
}

/** The topics of a running node: what is held under which rules, and who reads. */
export class TopicTable {
  readonly #network: RulesNetwork
  readonly #defaults: ValidatorDefaults
  readonly #held = new Map<string, HeldTopic>()
  readonly #byWireName = new Map<string, HeldTopic>()
  /** Who judges topics from outside of this process, held or not. */
  readonly #judges = new Map<string, Judging>()
  readonly #readers = new Set<Reader>()
  /** Readers by glob; their topics come and go. */
  readonly #watchers = new Map<Reader, readonly string[]>()
  readonly #recent: RecentMessages
  readonly #past: Past | undefined

  /** `past`: where readers find what is no longer in memory, and the arrival number that the store is at. */
  constructor(network: RulesNetwork, defaults: ValidatorDefaults = {}, past?: Past & { readonly lastArrival: number }) {
    this.#network = network
    this.#defaults = defaults
    this.#past = past
    this.#recent = new RecentMessages(past?.lastArrival)
  }

  /** Names in order. */
  get names(): string[] {
    return [...this.#held.keys()].toSorted()
  }

  get(name: string): HeldTopic | undefined {
    return this.#held.get(name)
  }

  byWireName(wireName: string): HeldTopic | undefined {
    return this.#byWireName.get(wireName)
  }

  /** The place behind the message that was delivered last. */
  get last(): Position {
    return { number: this.#recent.last, arrival: this.#recent.lastArrival }
  }

  /**
   * Holds a topic: undefined if it was held already under these rules, or if only its name is given. What nobody defined
   * takes a definition at any time; another definition only with `replace`, and a program's rules never. Errors: `usage`
   * for a bad name or rules, `held-otherwise` if it is held under other rules, `overloaded` if too many are held.
   */
  hold(wanted: string | Topic, replace = false): HeldTopic | undefined {
    const name = typeof wanted === 'string' ? wanted : wanted.name
    refuseBadName(name)
    const known = this.#held.get(name)
    if (known !== undefined) {
      if (typeof wanted === 'string' || isSame(known.topic, wanted)) return undefined
      if (!gives(known.topic, wanted, replace)) throw heldOtherwise(known)
    } else if (this.#held.size >= heldMax) {
      throw new NodeError('overloaded', `${heldMax} topics are held`, 'let one go with: grapevine topic rm TOPIC')
    }
    const topic = typeof wanted === 'string' ? topicOf({ name }) : wanted
    return this.#put(topic, known?.readers ?? this.#joinedBy(name))
  }

  /**
   * Has a topic judged from outside of this process from now on, held or not, or by nobody; the topic if it is held. Error
   * `held-otherwise` if a program judges it.
   */
  judgeBy(name: string, judge: Judging | undefined): HeldTopic | undefined {
    const known = this.#held.get(name)
    if (known?.topic.validate !== undefined) throw heldOtherwise(known)
    if (judge === undefined) this.#judges.delete(name)
    else this.#judges.set(name, judge)
    return known && this.#put(known.topic, known.readers)
  }

  /** Answers with one judgement for each message, in order; with none where nobody judges. Never rejects. */
  async judge(
    topic: string,
    messages: readonly Message[],
    answer: (judgements: readonly Judgement[]) => void,
  ): Promise<void> {
    answer((await this.#held.get(topic)?.judge?.judge(messages)) ?? [])
  }

  #put(topic: Topic, readers: Set<Reader>): HeldTopic {
    const { name, validate } = topic
    const own = validate && new Judge({ ...this.#defaults, ...topic, validate })
    const judge = own ?? this.#judges.get(name)
    const held: HeldTopic = {
      topic,
      hash: definitionHash(topic.definition),
      rules: { ...rulesOf(topic, this.#network), judged: judge !== undefined },
      readers,
      ...(judge && { judge }),
    }
    this.#held.set(name, held)
    this.#byWireName.set(held.rules.wireName, held)
    return held
  }

  release(name: string): boolean {
    const held = this.#held.get(name)
    if (held === undefined) return false
    this.#held.delete(name)
    this.#byWireName.delete(held.rules.wireName)
    this.#recent.forget(name)
    for (const reader of held.readers) if (!this.#watchers.has(reader)) reader.close()
    return true
  }

  /** A reader of held topics. What it asks for and is still to be had comes first. */
  read({ names, globs = [], after, isTorn = false, wants }: Selection): Reader {
    const topics = new Set([...names, ...this.names.filter((name) => globs.some((glob) => matchTopic(glob, name)))])
    // What only memory had, and has no longer, nobody can count.
    const isPast = after !== undefined && after.number < this.#recent.lastLooseGone
    const isLost =
      isPast && after.number > 0 && [...topics].some((name) => this.#held.get(name)?.rules.delivery !== 'lossless')
    const reader = new Reader({
      recent: this.#recent,
      past: this.#past,
      topics,
      after,
      isTorn: isTorn || isLost,
      wants,
      onClose: (closed) => {
        this.#readers.delete(closed)
        this.#watchers.delete(closed)
        for (const { readers } of this.#held.values()) readers.delete(closed)
      },
    })
    this.#readers.add(reader)
    if (globs.length > 0) this.#watchers.set(reader, globs)
    for (const name of topics) this.#held.get(name)!.readers.add(reader)
    return reader
  }

  /** Messages of one topic. */
  deliver(messages: readonly Message[]): void {
    for (const message of messages) this.#recent.add(message, this.#readers.size > 0)
    for (const reader of this.#held.get(messages[0]?.topic ?? '')?.readers ?? []) reader.wake()
  }

  closeReaders(): void {
    for (const { readers } of this.#held.values()) for (const reader of readers) reader.close()
    for (const reader of this.#watchers.keys()) reader.close()
  }

  /** The readers whose globs match a topic that is held from now on. */
  #joinedBy(name: string): Set<Reader> {
    const joined = [...this.#watchers].filter(([, globs]) => globs.some((glob) => matchTopic(glob, name)))
    for (const [reader] of joined) reader.follow(name)
    return new Set(joined.map(([reader]) => reader))
  }
}

/** Topics at once. A guess: gossipsub's heartbeat walks every one each second. */
const heldMax = 1024

/** Whether two topics are the same, with the functions of a program. */
const isSame = (a: Topic, b: Topic): boolean =>
  a === b ||
  (a.validate === b.validate &&
    a.contentId === b.contentId &&
    (a.checkValue === undefined) === (b.checkValue === undefined) &&
    isDefined(a, b))

const isProgram = (topic: Topic): boolean =>
  topic.validate !== undefined || topic.contentId !== undefined || topic.checkValue !== undefined

/** Whether the rules that a topic is held under give way to others. */
function gives(known: Topic, wanted: Topic, replace: boolean): boolean {
  if (isProgram(known)) return false
  return replace || isDefaultDefinition(known.definition) || isDefined(known, wanted)
}

/** Whether a program brings functions for the definition that is in force. */
const isDefined = (known: Topic, wanted: Topic): boolean =>
  canonicalJson(known.definition) === canonicalJson(wanted.definition)

function heldOtherwise({ topic }: HeldTopic): NodeError {
  const { name } = topic
  return isProgram(topic)
    ? new NodeError('held-otherwise', `topic ${name} is held under the rules of the program that runs this node`)
    : new NodeError(
        'held-otherwise',
        `topic ${name} is held under another definition`,
        `see: grapevine topic show ${name}; to put another in its place: topic define --replace`,
      )
}
