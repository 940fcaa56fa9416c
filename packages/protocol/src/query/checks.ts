import type { PeerId, Ref } from '../event.ts'

/** Signatures that are being checked, bounded for each peer; equal bytes are checked once at a time. */
export class Checks<Subject extends { readonly peer: PeerId }> {
  readonly #perPeerMax: number
  readonly #byRef = new Map<Ref, { readonly key: string; readonly subject: Subject }>()
  readonly #byKey = new Map<string, Subject>()
  readonly #ofPeer = new Map<PeerId, number>()

  constructor(perPeerMax: number) {
    this.#perPeerMax = perPeerMax
  }

  /** What is being checked under this key. */
  get(key: string): Subject | undefined {
    return this.#byKey.get(key)
  }

  /** False if it is being checked already, or too much of this peer is. */
  add(ref: Ref, key: string, subject: Subject): boolean {
    const { peer } = subject
    const count = this.#ofPeer.get(peer) ?? 0
    if (count >= this.#perPeerMax || this.#byKey.has(key)) return false
    this.#ofPeer.set(peer, count + 1)
    this.#byRef.set(ref, { key, subject })
    this.#byKey.set(key, subject)
    return true
  }

  /** The result is here: what was checked. */
  take(ref: Ref): Subject | undefined {
    const found = this.#byRef.get(ref)
    if (found === undefined) return undefined
    this.#byRef.delete(ref)
    this.#byKey.delete(found.key)
    const { peer } = found.subject
    const count = this.#ofPeer.get(peer)! - 1
    if (count === 0) this.#ofPeer.delete(peer)
    else this.#ofPeer.set(peer, count)
    return found.subject
  }
}
