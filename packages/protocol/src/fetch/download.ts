import { concatBytes, keyOf } from '../bytes.ts'
import type { Millis, PeerId } from '../event.ts'
import { chunkCount } from './chunk-tree.ts'

/** A peer that offers a body. */
export interface Source {
  readonly isPreferred: boolean
  /** When it did. */
  readonly since: Millis
}

/** A body that was offered under an id and a root, and what has come of it. */
export class Download {
  readonly id: string
  readonly root: Uint8Array
  readonly size: number
  /** Tells it from others in the names of its chunks. */
  readonly serial: number
  /** Who offers it and has not failed. */
  readonly sources: Map<PeerId, Source> = new Map()
  /** Chunks that are looked for. */
  readonly open: Set<number> = new Set()
  state: 'waiting' | 'active' | 'judging' = 'waiting'
  /** The source for whom what it takes up is counted, once it is begun. */
  owner: PeerId | undefined
  startedAt: Millis = 0
  received = 0
  readonly #chunks: (Uint8Array | undefined)[]
  #next = 0

  constructor(offer: { readonly id: string; readonly root: Uint8Array; readonly size: number }, serial: number) {
    this.id = offer.id
    this.root = offer.root
    this.size = offer.size
    this.serial = serial
    this.#chunks = Array.from({ length: chunkCount(offer.size) })
  }

  /** Bytes a millisecond since it was begun. */
  rateAt(now: Millis): number {
    return this.received / (now - this.startedAt + 1)
  }

  nameOf(index: number): string {
    return `${this.serial} ${index}`
  }

  /** Opens chunks until `windowChunks` are, and returns those that are new. */
  advance(windowChunks: number): number[] {
    const opened: number[] = []
    while (this.open.size < windowChunks && this.#next < this.#chunks.length) {
      this.open.add(this.#next)
      opened.push(this.#next++)
    }
    return opened
  }

  /** Keeps a chunk that was checked. */
  put(index: number, bytes: Uint8Array): void {
    this.#chunks[index] = bytes
    this.open.delete(index)
    this.received += bytes.length
  }

  /** Chunks that have come. */
  get have(): number {
    return this.#chunks.filter((chunk) => chunk !== undefined).length
  }

  get isWhole(): boolean {
    return this.received === this.size
  }

  /** The body; lets go of the chunks. */
  take(): Uint8Array {
    const body = concatBytes(...this.#chunks.map((chunk) => chunk!))
    this.#chunks.length = 0
    return body
  }
}

/** Of those of which something has come, the one that comes slowest. */
export function slowestOf(downloads: Iterable<Download>, now: Millis): Download | undefined {
  let slowest: Download | undefined
  for (const download of downloads) {
    if (download.received === 0) continue
    if (slowest === undefined || download.rateAt(now) < slowest.rateAt(now)) slowest = download
  }
  return slowest
}

/** Tells offers under one id apart. */
export const keyOfOffer = ({ size, root }: { readonly size: number; readonly root: Uint8Array }): string =>
  `${size} ${keyOf(root)}`
