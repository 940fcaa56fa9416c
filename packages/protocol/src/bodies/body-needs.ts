import { keyOf } from '../bytes.ts'
import { link, unlink } from '../link.ts'

/** Who needs which body: envelopes that wait or are judged, drafts of our own, and records on their way to disk. */
export class BodyNeeds {
  readonly #byRoot = new Map<string, Set<object>>()

  add(root: Uint8Array, who: object): void {
    link(this.#byRoot, keyOf(root), who)
  }

  delete(root: Uint8Array, who: object): void {
    unlink(this.#byRoot, keyOf(root), who)
  }

  /** Whether anybody needs the body with this root. */
  has(root: Uint8Array): boolean {
    return this.#byRoot.has(keyOf(root))
  }
}
