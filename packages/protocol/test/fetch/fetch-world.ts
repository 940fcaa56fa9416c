import { createHash } from 'node:crypto'
import { toHex } from '../../src/bytes.ts'
import { ChunkTree } from '../../src/fetch/chunk-tree.ts'
import type { FetchAction, FetchEvent } from '../../src/fetch/fetch-event.ts'
import { Fetcher } from '../../src/fetch/fetcher.ts'
import type { FetchOptions } from '../../src/fetch/options.ts'
import type { Sha256 } from '../../src/id.ts'

export const sha256: Sha256 = (bytes) => new Uint8Array(createHash('sha256').update(bytes).digest())

/** How a peer answers: as it should, never, not with the last chunk, with other bytes, that it lacks it, or with the chunks of another body under this id. */
export type Manner = 'honest' | 'silent' | 'stalling' | 'corrupt' | 'lacks' | 'false'

export interface Peer {
  readonly name: string
  readonly manner: Manner
  /** From the request to the answer, in ms, and for each chunk of it. */
  readonly latencyMs: number
  readonly chunkMs: number
  readonly isPreferred?: boolean
}

/** A body that begins with a number. */
export function bodyOf(number: number, size: number): Uint8Array {
  const body = new Uint8Array(size)
  for (let at = 0; at + 4 <= size; at += 65_536) new DataView(body.buffer).setUint32(at, number * 1000 + at / 65_536)
  return body
}

export const idOf = (body: Uint8Array): string => toHex(sha256(body))

/** One fetcher and its peers under virtual time. */
export class FetchWorld {
  readonly fetcher: Fetcher
  readonly done = new Map<string, { readonly at: number; readonly peers: readonly string[] }>()
  readonly blamed = new Map<string, Set<string>>()
  readonly late = new Set<string>()
  readonly failed: string[] = []
  readonly served = new Map<string, number>()
  /** Most chunks under way at once of a peer, and most bytes held. */
  inFlightMost = 0
  bytesMost = 0
  now = 0
  readonly #peers = new Map<string, Peer>()
  readonly #trees = new Map<string, ChunkTree>()
  readonly #busyUntil = new Map<string, number>()
  readonly #inFlight = new Map<string, number>()
  #events: { readonly at: number; readonly order: number; readonly event: FetchEvent; readonly from?: string }[] = []
  #order = 0

  constructor(options: Partial<FetchOptions> = {}, seed = 1) {
    this.fetcher = new Fetcher({ seed, sha256, ...options })
  }

  /** Peers offer a body, all at once; false ones under the same id another of the same size. */
  offer(body: Uint8Array, peers: readonly Peer[], at: number = this.now): void {
    const id = idOf(body)
    for (const peer of peers) {
      this.#peers.set(peer.name, peer)
      const shown = peer.manner === 'false' ? body.slice() : body
      if (peer.manner === 'false') shown[0]! ^= 1
      const key = idOf(shown)
      const tree = this.#trees.get(key) ?? new ChunkTree(shown, sha256)
      this.#trees.set(key, tree).set(toHex(tree.root), tree)
      const { name, isPreferred = true } = peer
      this.schedule(at, { type: 'offered', peer: name, id, size: body.length, root: tree.root, isPreferred })
    }
  }

  schedule(at: number, event: FetchEvent, from?: string): void {
    this.#events.push({ at, order: this.#order++, event, ...(from === undefined ? {} : { from }) })
  }

  /** Until nothing happens any more; at most to `end`. */
  run(end = 10_000_000): this {
    for (;;) {
      this.#events = this.#events.toSorted((a, b) => a.at - b.at || a.order - b.order)
      const wakeAt = this.fetcher.nextWakeup ?? Infinity
      const next = this.#events[0]
      const at = Math.max(this.now, Math.min(next?.at ?? Infinity, wakeAt))
      if (at > end || at === Infinity) return this
      this.now = at
      const isEvent = next !== undefined && next.at <= at
      if (isEvent) this.#events.shift()
      if (isEvent && next.from !== undefined) this.#inFlight.set(next.from, this.#inFlight.get(next.from)! - 1)
      for (const action of this.fetcher.handle(isEvent ? next.event : { type: 'tick' }, at)) this.#act(action)
      this.bytesMost = Math.max(this.bytesMost, this.fetcher.bytes)
    }
  }

  #act(action: FetchAction): void {
    if (action.type === 'ask') return this.#answer(action)
    if (action.type === 'complete') {
      const isRight = idOf(action.body) === action.id
      if (isRight) this.done.set(action.id, { at: this.now, peers: action.peers })
      this.schedule(this.now + 1, { type: 'judged', ref: action.ref, isRight })
    } else if (action.type === 'blame') {
      const { peer, reason } = action
      this.blamed.set(peer, (this.blamed.get(peer) ?? new Set()).add(reason))
      // A host cuts it off.
      this.schedule(this.now, { type: 'peerGone', peer })
    } else if (action.type === 'late') this.late.add(action.peer)
    else this.failed.push(`${action.id} ${action.reason}`)
  }

  #answer({ ref, peer: name, root, index }: FetchAction & { type: 'ask' }): void {
    const { manner, latencyMs, chunkMs } = this.#peers.get(name)!
    if (manner === 'silent') return
    const inFlight = (this.#inFlight.get(name) ?? 0) + 1
    this.#inFlight.set(name, inFlight)
    this.inFlightMost = Math.max(this.inFlightMost, inFlight)
    const tree = this.#trees.get(toHex(root))!
    const at = Math.max(this.now + latencyMs, this.#busyUntil.get(name) ?? 0) + chunkMs
    this.#busyUntil.set(name, at)
    if (manner === 'stalling' && index === tree.count - 1) return
    const bytes = tree.chunk(index).slice()
    if (manner === 'corrupt') bytes[bytes.length - 1]! ^= 1
    if (manner === 'lacks') return this.schedule(at, { type: 'lacks', ref }, name)
    this.served.set(name, (this.served.get(name) ?? 0) + 1)
    this.schedule(at, { type: 'chunk', ref, bytes, proof: tree.proof(index) }, name)
  }
}
