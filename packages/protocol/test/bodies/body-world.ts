import { encodeBodyReference } from '../../src/body-reference.ts'
import { keyOf } from '../../src/bytes.ts'
import type { Action, Event } from '../../src/event.ts'
import { ChunkTree, chunkSize } from '../../src/fetch/chunk-tree.ts'
import { sha256 } from '../../src/id.ts'
import type { Machine } from '../../src/machine.ts'
import type { TopicRules } from '../../src/topic.ts'
import { machineWith, received } from '../machine-world.ts'

export type Received = Event & { readonly type: 'received' }

/** A body of so many chunks, the last one short. */
export const bodyOf = (chunks: number, fill = 1): Uint8Array =>
  new Uint8Array((chunks - 1) * chunkSize + 1_000).fill(fill)

export const mebi: number = 1 << 20
/** One of three chunks. */
export const body: Uint8Array = bodyOf(3)
/** A topic whose payloads above 100 bytes are fetched. */
export const large = { messageBytesMax: 32 * mebi, inlineBytesMax: 100 }

/** A machine on such a topic, and its host. */
export function start(rules: Partial<TopicRules> = {}): { machine: Machine; host: BodyHost } {
  const machine = machineWith({ ...large, ...rules })
  return { machine, host: new BodyHost(machine) }
}

/** What was decided, delivered and blamed, in a word or two each. */
export const told = (actions: readonly Action[]): string[] =>
  actions.flatMap((action) => {
    const { type } = action
    if (type === 'verdict') return `verdict ${action.decision.reason}`
    if (type === 'settled') return `settled ${action.decision.reason}${action.bytes ? ', passed on' : ''}`
    if (type === 'blamed') return `blamed ${action.peer} ${action.reason}`
    if (type === 'deliver') return `deliver ${action.messages.map(({ payload }) => payload.length).join()}`
    if (type === 'judge') return `judge ${action.messages.map(({ payload }) => payload.length).join()}`
    if (type === 'refused') return `refused ${action.code}`
    return ['saveBody', 'sign', 'gossip', 'dropBody', 'published'].includes(type) ? type : []
  })

/** An envelope with a reference to a body, as a peer brings it. */
export function announced(
  whole: Uint8Array,
  {
    id,
    root = new ChunkTree(whole).root,
    ...options
  }: { id?: Uint8Array; root?: Uint8Array } & Parameters<typeof received>[1] = {},
): Received {
  const reference = { ...(id && { id }), size: whole.length, root }
  return received([encodeBodyReference(reference)], { reference, ...options })
}

/** A host that signs, checks, reads and saves at once, and asks peers for chunks that answer as they are told to. */
export class BodyHost {
  readonly disk = new Map<string, Uint8Array>()
  readonly peers = new Map<string, Uint8Array | 'silent' | 'lacks' | 'liar'>()
  /** Why nothing can be saved. */
  failure: string | undefined
  /** The disk gives nothing. */
  isUnreadable = false
  /** What is read from disk waits for {@link BodyHost.answer}. */
  isSlow = false
  readonly #late: Event[] = []
  /** All that the machine did. */
  actions: Action[] = []
  readonly #machine: Machine

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** Feeds an event and answers what follows, until nothing is left to do; what the machine did. */
  feed(event: Event, now = 1): Action[] {
    const all: Action[] = []
    const events = [event]
    for (let next = events.shift(); next !== undefined; next = events.shift()) {
      for (const action of this.#machine.handle(next, now)) {
        all.push(action)
        const answer = this.#answer(action)
        const isLate = this.isSlow && action.type === 'readBody'
        if (answer !== undefined) (isLate ? this.#late : events).push(answer)
      }
    }
    this.actions.push(...all)
    return all
  }

  /** Gives what was held back; what the machine did. */
  answer(): Action[] {
    return this.#late.splice(0).flatMap((event) => this.feed(event))
  }

  /** Ticks whenever the machine asks for it, up to a time. */
  runTo(end: number): Action[] {
    const all: Action[] = []
    for (let turns = 0; (this.#machine.nextWakeup ?? Infinity) <= end; turns++) {
      if (turns > 1_000) throw new Error('it does not rest')
      all.push(...this.feed({ type: 'tick' }, this.#machine.nextWakeup))
    }
    return all
  }

  /** Who was asked, once each, in order. */
  get asked(): string[] {
    return [...new Set(this.actions.flatMap((action) => (action.type === 'askChunk' ? action.peer : [])))]
  }

  #answer(action: Action): Event | undefined {
    const { type } = action
    if (type === 'verify') return { type: 'verified', ref: action.ref, valid: true }
    if (type === 'sign') return { type: 'signed', ref: action.ref, signature: new Uint8Array(64) }
    if (type === 'gossip') return { type: 'gossiped', ref: action.ref, peers: 1 }
    if (type === 'findBody') return { type: 'bodyFound', ref: action.ref, isHere: this.disk.has(keyOf(action.root)) }
    if (type === 'readBody') {
      const bytes = this.isUnreadable ? undefined : this.disk.get(keyOf(action.root))
      return { type: 'bodyRead', ref: action.ref, bytes }
    }
    if (type === 'saveBody') {
      if (this.failure !== undefined) return { type: 'bodySaved', ref: action.ref, failure: this.failure }
      this.disk.set(keyOf(action.root), action.bytes)
      return { type: 'bodySaved', ref: action.ref }
    }
    return type === 'askChunk' ? this.#chunk(action) : undefined
  }

  #chunk({ ref, peer, root, index }: Action & { type: 'askChunk' }): Event | undefined {
    const answer = this.peers.get(peer) ?? 'lacks'
    if (answer === 'silent') return undefined
    if (answer === 'lacks') return { type: 'noChunk', ref }
    if (answer === 'liar') return { type: 'chunk', ref, bytes: new Uint8Array(7), proof: new Uint8Array() }
    const tree = new ChunkTree(answer, sha256)
    if (keyOf(tree.root) !== keyOf(root)) return { type: 'noChunk', ref }
    return { type: 'chunk', ref, bytes: tree.chunk(index).slice(), proof: tree.proof(index) }
  }
}
