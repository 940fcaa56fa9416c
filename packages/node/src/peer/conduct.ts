/** Rejected messages of a peer within the window before it is shut out; an honest peer sends none. */
const rejectsMax = 64
const windowMs = 10_000
/** Peers counted at once; each has a connection, so this is far above what can be. */
const peersMax = 4_096

/**
 * Counts what each peer has sent that was rejected: things that only the sender is answerable for. Gossipsub's score does
 * too, but looks at it once a second, and goes on reading from a peer that it ignores: 300 to 77,000 junk messages got in
 * before that told (measured). Relayed junk cannot be blamed on a relay, which checks before it passes on.
 */
export class Conduct {
  readonly #rejects = new Map<string, { count: number; since: number }>()

  /** Notes a reject; true if the peer has used up its patience, and starts anew. */
  rejected(peer: string, now: number): boolean {
    const known = this.#rejects.get(peer)
    const entry = known !== undefined && now - known.since < windowMs ? known : { count: 0, since: now }
    entry.count++
    this.#rejects.delete(peer)
    if (entry.count >= rejectsMax) return true
    this.#rejects.set(peer, entry)
    if (this.#rejects.size > peersMax) {
      for (const oldest of this.#rejects.keys()) {
        this.#rejects.delete(oldest)
        break
      }
    }
    return false
  }
}
