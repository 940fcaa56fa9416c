import type { Millis, PeerId } from '../event.ts'
import { type Sha256, sha256 as plainSha256 } from '../id.ts'
import { UsageTable } from '../pool/usage.ts'
import { type Due, RequestTracker } from '../request/request-tracker.ts'
import { bodySizeMax, checkChunk } from './chunk-tree.ts'
import { AskTable, type Asked } from './ask-table.ts'
import { Download, keyOfOffer, slowestOf } from './download.ts'
import type { AskRef, FetchAction, FetchEvent } from './fetch-event.ts'
import { type FetchOptions, fetchOptions } from './options.ts'

/**
 * Fetches bodies that peers offer, in chunks from several of them at once, and checks each chunk as it comes, so that whoever sends a wrong one is
 * known at once. Chunks are asked for by the rules of the request tracker. Does no I/O and reads no clock. Total on what peers say.
 */
export class Fetcher {
  readonly #options: FetchOptions
  readonly #sha256: Sha256
  readonly #tracker: RequestTracker
  /** By id, and then by root and size: of one id there may be several, of which one at most is right. */
  readonly #downloads = new Map<string, Map<string, Download>>()
  /** By the name of a chunk that is looked for. */
  readonly #chunks = new Map<string, { readonly download: Download; readonly index: number }>()
  readonly #asked = new AskTable()
  /** Bodies that the host looks at, and who had offered them by then. */
  readonly #judging = new Map<AskRef, { readonly download: Download; readonly peers: readonly PeerId[] }>()
  readonly #offersOf = new Map<PeerId, Set<Download>>()
  /** By owner: one for each that is looked for, and the bytes that have come. */
  readonly #usage: UsageTable<Download>
  #bytes = 0
  #refs = 0
  #serials = 0
  #actions: FetchAction[] = []

  /** `seed`: 32 random bits. `sha256`: a native one checks faster. */
  constructor({
    seed,
    sha256 = plainSha256,
    ...options
  }: { readonly seed: number; readonly sha256?: Sha256 } & Partial<FetchOptions>) {
    this.#options = { ...fetchOptions, ...options }
    const { inFlightMax, timeoutMs, delayMs, bytesMax } = this.#options
    this.#sha256 = sha256
    // What is open is bounded here: for each peer by `activeOfPeerMax`, `windowChunks` and the peers that offer.
    const bounds = { announcementsMax: Infinity, inFlightMax, timeoutMs, delayMs, overloadedDelayMs: 0 }
    this.#tracker = new RequestTracker({ seed, ...bounds })
    this.#usage = new UsageTable({ countMax: Infinity, weightMax: bytesMax })
  }

  /** Bytes of bodies that are not judged yet. */
  get bytes(): number {
    return this.#bytes
  }

  /** Ids that are looked for, or wait to be. */
  get size(): number {
    return this.#downloads.size
  }

  /** How far the body is that is tried under an id: chunks that have come, and peers that are asked now. */
  progressOf(id: string): { readonly have: number; readonly peers: readonly PeerId[] } | undefined {
    const ofId = [...(this.#downloads.get(id)?.values() ?? [])]
    const tried = ofId.find(({ state, received }) => state !== 'waiting' || received > 0)
    return tried && { have: tried.have, peers: this.#asked.peersOf(tried) }
  }

  /** When the host must next deliver `tick`. */
  get nextWakeup(): Millis | undefined {
    return this.#tracker.nextWakeup
  }

  /** Takes what happened, at a time that never goes back. */
  handle(event: FetchEvent, now: Millis): readonly FetchAction[] {
    this.#actions = []
    this.#handle(event, now)
    let expired: Due['expired']
    do {
      const due = this.#tracker.due(now)
      expired = due.expired
      for (const { peer, id: name } of expired) this.#late(peer, name, now)
      for (const { peer, ids } of due.requests) for (const name of ids) this.#ask(peer, name)
      // Who was late is asked for nothing more, so others may be.
    } while (expired.length > 0)
    return this.#actions
  }

  #handle(event: FetchEvent, now: Millis): void {
    switch (event.type) {
      case 'offered':
        return this.#offered(event, now)
      case 'chunk':
      case 'lacks': {
        const asked = this.#asked.take(event.ref)
        if (asked === undefined) return
        if (event.type === 'chunk') return this.#came(asked, event, now)
        return this.#dropSource(asked.download, asked.peer, now)
      }
      case 'judged':
        return this.#judged(event.ref, event.isRight, now)
      case 'forget':
        return this.#forget(event.id, now)
      case 'peerGone':
        return this.#peerGone(event.peer, now)
      case 'tick':
        break
    }
  }

  #offered({ peer, id, size, root, isPreferred }: FetchEvent & { type: 'offered' }, now: Millis): void {
    if (!Number.isSafeInteger(size) || size < 1 || size > bodySizeMax || root.length !== 32) {
      this.#actions.push({ type: 'blame', peer, id, reason: 'bad-offer' })
      return
    }
    const offers = this.#offersOf.get(peer) ?? new Set()
    if (offers.size >= this.#options.offersOfPeerMax) return
    const ofId = this.#downloads.get(id) ?? new Map<string, Download>()
    const key = keyOfOffer({ size, root })
    const download = ofId.get(key) ?? new Download({ id, root, size }, this.#serials++)
    if (download.sources.has(peer)) return
    this.#downloads.set(id, ofId.set(key, download))
    this.#offersOf.set(peer, offers.add(download))
    download.sources.set(peer, { isPreferred, since: now })
    if (download.state === 'waiting') return this.#begin(download, now)
    for (const index of download.open) this.#tracker.announced(download.nameOf(index), { peer, isPreferred }, now)
  }

  /** Begins a body, if one of its sources may have one more and no other is being tried under its id. */
  #begin(download: Download, now: Millis): void {
    if (download.state !== 'waiting') return
    for (const other of this.#downloads.get(download.id)?.values() ?? []) if (other.state !== 'waiting') return
    for (const peer of download.sources.keys()) {
      if (!this.#hasRoom(peer)) continue
      download.state = 'active'
      download.startedAt = now
      this.#count(download, peer)
      // What was looked for when the last source went.
      for (const index of download.open) this.#look(download, index, now)
      return this.#open(download, now)
    }
  }

  #hasRoom(peer: PeerId): boolean {
    return (this.#usage.of(peer)?.count ?? 0) < this.#options.activeOfPeerMax
  }

  /** Begins what waits for a peer to have room, and what waits under an id. */
  #beginOthers(peer: PeerId | undefined, id: string, now: Millis): void {
    for (const download of this.#downloads.get(id)?.values() ?? []) this.#begin(download, now)
    if (peer === undefined) return
    for (const download of this.#offersOf.get(peer) ?? []) {
      if (!this.#hasRoom(peer)) return
      this.#begin(download, now)
    }
  }

  #open(download: Download, now: Millis): void {
    for (const index of download.advance(this.#options.windowChunks)) this.#look(download, index, now)
  }

  #look(download: Download, index: number, now: Millis): void {
    const name = download.nameOf(index)
    this.#chunks.set(name, { download, index })
    for (const [peer, source] of download.sources) this.#tracker.announced(name, { peer, ...source }, now)
  }

  #ask(peer: PeerId, name: string): void {
    const { download, index } = this.#chunks.get(name) ?? {}
    // Given up in the same step, because it was late with another chunk.
    if (download?.sources.has(peer) !== true || index === undefined) return
    const ref = ++this.#refs
    this.#asked.add(ref, { download, index, peer })
    this.#actions.push({ type: 'ask', ref, peer, id: download.id, root: download.root, index })
  }

  #came({ download, index, peer }: Asked, { bytes, proof }: FetchEvent & { type: 'chunk' }, now: Millis): void {
    const { id, root, size } = download
    if (!checkChunk({ root, size, index, bytes, proof }, this.#sha256)) {
      this.#actions.push({ type: 'blame', peer, id, reason: 'bad-chunk' })
      return this.#peerGone(peer, now)
    }
    this.#tracker.forget(download.nameOf(index))
    this.#chunks.delete(download.nameOf(index))
    download.put(index, bytes)
    this.#bytes += bytes.length
    this.#count(download, download.owner)
    if (download.isWhole) this.#complete(download)
    else this.#open(download, now)
    while (this.#bytes > this.#options.bytesMax) this.#makeRoom(now)
  }

  #complete(download: Download): void {
    const ref = ++this.#refs
    const peers = [...download.sources.keys()]
    download.state = 'judging'
    this.#judging.set(ref, { download, peers })
    this.#actions.push({ type: 'complete', ref, id: download.id, body: download.take(), peers })
  }

  #judged(ref: AskRef, isRight: boolean, now: Millis): void {
    const judging = this.#judging.get(ref)
    if (judging === undefined) return
    this.#judging.delete(ref)
    const { download, peers } = judging
    if (isRight) return this.#forget(download.id, now)
    for (const peer of peers) this.#actions.push({ type: 'blame', peer, id: download.id, reason: 'false-root' })
    this.#remove(download, now)
  }

  #forget(id: string, now: Millis): void {
    for (const download of this.#downloads.get(id)?.values() ?? []) this.#remove(download, now)
  }

  /** Of the owner that takes up most, what comes slowest goes. */
  #makeRoom(now: Millis): void {
    this.#fail(slowestOf(this.#usage.heaviest!.items.keys(), now)!, 'room', now)
  }

  #late(peer: PeerId, name: string, now: Millis): void {
    const download = this.#chunks.get(name)?.download
    // Gone already, because the peer was late with another chunk of it.
    if (download === undefined || !download.sources.has(peer)) return
    this.#actions.push({ type: 'late', peer, id: download.id })
    this.#dropSource(download, peer, now)
  }

  #peerGone(peer: PeerId, now: Millis): void {
    for (const download of this.#offersOf.get(peer) ?? []) this.#dropSource(download, peer, now)
  }

  /** Nothing more of a body is asked of a peer. */
  #dropSource(download: Download, peer: PeerId, now: Millis): void {
    download.sources.delete(peer)
    this.#forgetOffer(download, peer)
    for (const index of download.open) this.#tracker.answered(download.nameOf(index), peer)
    this.#asked.drop(download, peer)
    const [next] = download.sources.keys()
    if (next === undefined) {
      // What has come whole is judged all the same.
      if (download.state === 'judging') return this.#remove(download, now)
      const isKept = this.#options.keepsParts && download.received > 0
      return isKept ? this.#pause(download, now) : this.#fail(download, 'nobody', now)
    }
    if (download.owner === peer) this.#count(download, next)
    this.#beginOthers(peer, download.id, now)
  }

  /** Nobody is left to ask: what has come stays while there is room, for whoever offers the body again. */
  #pause(download: Download, now: Millis): void {
    const { id, owner } = download
    download.state = 'waiting'
    this.#close(download)
    this.#count(download, owner, 0)
    const others = this.#downloads.get(id)?.values() ?? []
    if ([...others].every(({ sources }) => sources.size === 0))
      this.#actions.push({ type: 'failed', id, reason: 'nobody' })
    this.#beginOthers(owner, id, now)
  }

  /** No chunk of it is looked for any more. */
  #close(download: Download): void {
    for (const index of download.open) {
      this.#tracker.forget(download.nameOf(index))
      this.#chunks.delete(download.nameOf(index))
    }
  }

  #fail(download: Download, reason: 'nobody' | 'room', now: Millis): void {
    this.#remove(download, now)
    if (!this.#downloads.has(download.id)) this.#actions.push({ type: 'failed', id: download.id, reason })
  }

  /** Counts what has come for a peer, and no more for the one before. */
  #count(download: Download, owner: PeerId | undefined, count: 0 | 1 = 1): void {
    if (download.owner !== undefined) this.#usage.delete(download.owner, download)
    download.owner = owner
    if (owner !== undefined) this.#usage.add(owner, download, { count, weight: download.received })
  }

  #forgetOffer(download: Download, peer: PeerId): void {
    const offers = this.#offersOf.get(peer)
    offers?.delete(download)
    if (offers?.size === 0) this.#offersOf.delete(peer)
  }

  #remove(download: Download, now: Millis): void {
    const { id, owner, sources } = download
    const ofId = this.#downloads.get(id)
    const key = keyOfOffer(download)
    // Gone before: the host has judged what had to make room.
    if (ofId?.get(key) !== download) return
    ofId.delete(key)
    if (ofId.size === 0) this.#downloads.delete(id)
    this.#count(download, undefined)
    this.#bytes -= download.received
    for (const peer of sources.keys()) this.#forgetOffer(download, peer)
    sources.clear()
    this.#close(download)
    this.#asked.drop(download)
    this.#beginOthers(owner, id, now)
  }
}
