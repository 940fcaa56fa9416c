import type { PeerId } from '../event.ts'
import type { Download } from './download.ts'
import type { AskRef } from './fetch-event.ts'

/** A chunk that a peer was asked for. */
export interface Asked {
  readonly download: Download
  readonly index: number
  readonly peer: PeerId
}

/** Chunks that peers were asked for and have not answered. */
export class AskTable {
  readonly #asked = new Map<AskRef, Asked>()

  add(ref: AskRef, asked: Asked): void {
    this.#asked.set(ref, asked)
  }

  /** It is answered. */
  take(ref: AskRef): Asked | undefined {
    const asked = this.#asked.get(ref)
    this.#asked.delete(ref)
    return asked
  }

  /** Answers for a body are not waited for any more: those of one peer, or all. */
  drop(download: Download, peer?: PeerId): void {
    for (const [ref, asked] of this.#asked)
      if (asked.download === download && (peer ?? asked.peer) === asked.peer) this.#asked.delete(ref)
  }

  /** Who is asked for chunks of a body. */
  peersOf(download: Download | undefined): PeerId[] {
    const asked = [...this.#asked.values()].filter((other) => other.download === download)
    return [...new Set(asked.map(({ peer }) => peer))]
  }
}
