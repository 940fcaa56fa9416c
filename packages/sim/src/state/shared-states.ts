import { equalBytes, keyOf } from '@grapevine/protocol'
import type { OwnerState } from '@grapevine/protocol/state'

/** Owners of which the latest state is kept, at most; those that were added first are dropped. */
const ownersMax = 65_536

/**
 * One object for what all replicas of a world hold of an owner: the latest state of each, as the first replica made it from the
 * bytes that came to it. Each replica checks what it is sent all the same; only the copy that it would keep is saved. Equal are
 * states whose roots and signatures are: a root is a hash over all else.
 */
export class SharedStates {
  readonly #latest = new Map<string, OwnerState>()

  /** The state itself, or an equal one that was given before. */
  share(state: OwnerState): OwnerState {
    const { owner, epoch, version, root, signature } = state.head
    const id = keyOf(owner)
    const latest = this.#latest.get(id)
    if (latest !== undefined) {
      const { head } = latest
      if (equalBytes(head.root, root) && equalBytes(head.signature, signature)) return latest
      if (head.epoch > epoch || (head.epoch === epoch && head.version >= version)) return state
    } else if (this.#latest.size >= ownersMax) {
      this.#latest.delete(this.#latest.keys().next().value!)
    }
    this.#latest.set(id, state)
    return state
  }
}
