import { keyOf, type Action, type Event, type Millis, type PeerId, type Sha256 } from '@grapevine/protocol'
import { ChunkTree } from '@grapevine/protocol/fetch'

/** Bodies on the disk of a host, by their roots. */
export type Bodies = Map<string, Uint8Array>

/** What a host needs to carry out what its machine asks of bodies. */
export interface BodyEffectsOptions {
  readonly sha256: Sha256
  /** On its own disk. */
  readonly bodies: Bodies
  /** On the disk of a peer that is up and can be reached. */
  readonly bodiesOf: (peer: PeerId) => Bodies | undefined
  readonly dispatch: (event: Event, now: Millis) => void
  /** Runs something later; nothing if the host crashes before. */
  readonly after: (delayMs: Millis, run: (now: Millis) => void, now: Millis) => void
}

type BodyAction = Action & { type: 'askChunk' | 'blamed' | 'dropBody' | 'findBody' | 'readBody' | 'saveBody' }

/** A question for a chunk takes so long to a peer, and its answer back. */
const askMs = 20
/** A body is on disk after this long. */
const saveMs = 5

/** Carries out what a machine asks of bodies. */
export function carryOutBody(action: BodyAction, options: BodyEffectsOptions, now: Millis): void {
  const { sha256, bodies, bodiesOf, dispatch, after } = options
  switch (action.type) {
    case 'findBody': {
      const { ref, root } = action
      return dispatch({ type: 'bodyFound', ref, isHere: bodies.has(keyOf(root)) }, now)
    }
    case 'readBody': {
      const { ref, root } = action
      return dispatch({ type: 'bodyRead', ref, bytes: bodies.get(keyOf(root)) }, now)
    }
    case 'saveBody': {
      const { ref, root, bytes } = action
      const save = (then: Millis): void => {
        bodies.set(keyOf(root), bytes)
        dispatch({ type: 'bodySaved', ref }, then)
      }
      return after(saveMs, save, now)
    }
    case 'askChunk': {
      const { ref, peer, root, index } = action
      const answer = (then: Millis): void => {
        const body = bodiesOf(peer)?.get(keyOf(root))
        const tree = body && new ChunkTree(body, sha256)
        const isThere = tree !== undefined && index < tree.count
        const event: Event = isThere
          ? { type: 'chunk', ref, bytes: tree.chunk(index).slice(), proof: tree.proof(index) }
          : { type: 'noChunk', ref }
        after(askMs, (last) => dispatch(event, last), then)
      }
      return after(askMs, answer, now)
    }
    // Records of others may need it: worlds are over before there are too many.
    case 'dropBody':
    case 'blamed':
  }
}
