import type { BodyNeeds } from './bodies/body-needs.ts'
import { type BodyReference, encodeBodyReference } from './body-reference.ts'
import { payloadSizeMax } from './body-message.ts'
import { copyBytes } from './bytes.ts'
import { type Draft, type Queue, sizeOf } from './draft-queue.ts'
import type { Action, Event, Ref } from './event.ts'
import { ChunkTree } from './fetch/chunk-tree.ts'
import type { Sha256 } from './id.ts'
import type { TopicRules } from './topic.ts'

/** A message of ours whose body is on its way to disk. */
export interface OwnBody {
  readonly queue: Queue
  readonly draft: Draft
  /** All of the body. */
  readonly body: Uint8Array
}

/** What saving our own bodies needs. */
export interface OwnBodiesContext {
  readonly sha256: Sha256
  readonly needs: BodyNeeds
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
}

/** Bytes of bodies of ours that are on their way to disk: two of the largest size. */
const savingBytesMax = 64 << 20

/** Whether a payload is not to be in its envelope. */
export const isFetched = ({ inlineBytesMax = Infinity }: TopicRules, payload: Uint8Array): boolean =>
  payload.length > inlineBytesMax

/** Bodies of our own messages: each is on disk before anybody hears of it. */
export class OwnBodies {
  readonly #context: OwnBodiesContext
  readonly #saving = new Map<Ref, OwnBody>()
  #bytes = 0

  constructor(context: OwnBodiesContext) {
    this.#context = context
  }

  /** Whether there is room for a body of this size. */
  hasRoom(size: number): boolean {
    return this.#bytes === 0 || this.#bytes + size <= savingBytesMax
  }

  /** Has a body saved; the draft that goes out has a reference in its place. */
  save(queue: Queue, { payload, contentId, ...draft }: Draft): Draft {
    const { sha256, needs, emit, nextRef } = this.#context
    const { root } = new ChunkTree(payload, sha256)
    const reference: BodyReference = { ...(contentId && { id: contentId }), size: payload.length, root }
    const small = payload.length <= payloadSizeMax && { body: payload }
    const sent: Draft = { ...draft, contentId, payload: encodeBodyReference(reference), reference, ...small }
    const ref = nextRef()
    this.#saving.set(ref, { queue, draft: sent, body: payload })
    this.#bytes += payload.length
    needs.add(root, sent)
    emit({ type: 'saveBody', ref, root, bytes: payload, topic: queue.rules.name })
    return sent
  }

  /** It is on disk, or not. */
  saved({ ref }: Event & { type: 'bodySaved' }): OwnBody | undefined {
    const own = this.#saving.get(ref)
    if (own === undefined) return undefined
    this.#saving.delete(ref)
    this.#bytes -= own.body.length
    return own
  }

  /** A draft is on its way no more. */
  left(queue: Queue, draft: Draft): void {
    queue.bytes -= sizeOf(draft)
    if (draft.reference !== undefined) this.#context.needs.delete(draft.reference.root, draft)
  }

  /** A draft is refused: what was saved for it can go, unless something else needs it. */
  refused(queue: Queue, draft: Draft): void {
    this.left(queue, draft)
    const { needs, emit } = this.#context
    const { root } = draft.reference ?? {}
    if (root !== undefined && !needs.has(root)) emit({ type: 'dropBody', root })
  }

  /** Takes out what is being saved for a topic that goes. */
  released(queue: Queue): readonly Draft[] {
    const drafts: Draft[] = []
    for (const [ref, own] of this.#saving) {
      if (own.queue !== queue) continue
      this.#saving.delete(ref)
      this.#bytes -= own.body.length
      drafts.push(own.draft)
    }
    return drafts
  }
}

/** A draft for what a user publishes: a copy, since it waits for its batch, and the caller may fill the buffer anew. */
export const draftOf = (
  { ref, payload, time, parents = [] }: Event & { type: 'publish' },
  contentId: Uint8Array | undefined,
): Draft => ({ ref, payload: copyBytes(payload), time, parents, contentId })
