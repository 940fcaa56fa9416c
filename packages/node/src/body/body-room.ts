import { fromHex } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { PartLog } from '../log/log.ts'
import { type Bringer, LooseRoom } from './loose-room.ts'

/** What counting bodies needs. */
export interface BodyRoomOptions {
  /** Of all files together, in bytes of disk. */
  readonly bytesMax: number
  /** Of these roots, those that messages in the store need, as places among them. */
  readonly needed: (roots: readonly Uint8Array[]) => Promise<readonly number[]>
  readonly log: PartLog
}

interface BodyEntry {
  /** Of disk. */
  readonly bytes: number
  /** When it was saved or read last, in ms of the process. */
  since: number
  isDelivered: boolean
  /** The disk did not give it, the last time. */
  isUnread: boolean
}

/** How long a body that no message in the store needs stays, in ms: for messages on their way, and for topics that keep none. */
const looseMsMax = 900_000
/** A record is on disk by then. */
const dropMs = 5_000
/** Files that are looked at in one question to the store. */
const sweepStep = 256

/**
 * Which bodies are on disk, by the names of their files, and which of them go: what no message in the store needs, after a
 * while, and first where room lacks.
 */
export class BodyRoom {
  readonly #options: BodyRoomOptions
  /** Deletes a file, after {@link BodyRoom.forget}. */
  readonly #remove: (name: string) => Promise<void>
  readonly #files = new Map<string, BodyEntry>()
  readonly #loose = new LooseRoom()
  #bytes = 0
  #sweptAt = -Infinity

  constructor(options: BodyRoomOptions, remove: (name: string) => Promise<void>) {
    this.#options = options
    this.#remove = remove
  }

  /** Of disk. */
  get bytes(): number {
    return this.#bytes
  }

  has(name: string): boolean {
    return this.#files.has(name)
  }

  /** Whether it is here, and the disk gave it when it was asked last. */
  isReadable(name: string): boolean {
    return this.#files.get(name)?.isUnread === false
  }

  /** It was there when the node started. */
  found(name: string, bytes: number): void {
    this.#files.set(name, { bytes, since: -Infinity, isDelivered: false, isUnread: false })
    this.#bytes += bytes
  }

  /**
   * Counts a body that is about to be written; without a `bringer` it is our own. What nothing needs makes room for it. Rejects
   * with `disk`.
   */
  async reserve(name: string, bytes: number, bringer: Bringer | undefined): Promise<void> {
    const { bytesMax } = this.#options
    this.#bytes += bytes
    if (bringer !== undefined) this.#loose.add(name, bringer, bytes)
    while (this.#bytes > bytesMax) {
      if ((await this.#evict(this.#bytes - bytesMax)) || (await this.#sweepDelivered())) continue
      this.cancel(name, bytes)
      throw new NodeError('disk', `bodies take ${this.#bytes} bytes already`, 'raise bodies.sizeMax, or keep less')
    }
  }

  /** What was counted was not written. */
  cancel(name: string, bytes: number): void {
    this.#bytes -= bytes
    this.#loose.delete(name)
  }

  /** It is on disk, as it was reserved, or in the place of a file that was there. */
  saved(name: string, bytes: number, isReserved: boolean): void {
    const known = this.#files.get(name)
    // It was taken for gone while it was written.
    if (known === undefined && !isReserved) this.#bytes += bytes
    this.#files.set(name, {
      bytes,
      isDelivered: known?.isDelivered ?? false,
      since: performance.now(),
      isUnread: false,
    })
    this.#loose.touch(name)
  }

  /** It was used, by others or, without a `bringer`, by ourselves. */
  touch(name: string, isOwn = false): void {
    const known = this.#files.get(name)
    if (known !== undefined) known.since = performance.now()
    if (isOwn) this.#loose.delete(name)
    else this.#loose.touch(name)
  }

  /** Whether the disk gave it. */
  wasRead(name: string, isUnread: boolean): void {
    const known = this.#files.get(name)
    if (known !== undefined) known.isUnread = isUnread
  }

  /** Its message was delivered: it stays for a while in any case, and for longer if that is in the store. */
  delivered(name: string, isStored: boolean): void {
    const known = this.#files.get(name)
    if (known !== undefined) known.isDelivered = true
    if (isStored) this.#loose.delete(name)
  }

  /** It goes; false if it was not here. */
  forget(name: string): boolean {
    const known = this.#files.get(name)
    if (known === undefined) return false
    this.#files.delete(name)
    this.cancel(name, known.bytes)
    return true
  }

  /**
   * Has a body deleted in a moment, unless it is saved or read again until then, a message in the store needs it, or one with
   * it was delivered: that message may be on its way to disk now.
   */
  drop(name: string): void {
    const known = this.#files.get(name)
    if (known === undefined) return
    const at = performance.now()
    const isLoose = (): boolean => {
      const { since = Infinity, isDelivered } = this.#files.get(name) ?? {}
      return since <= at && isDelivered !== true
    }
    const now = async (): Promise<void> => {
      if (!isLoose()) return
      const needed = await this.#needed([name])
      if (!needed.has(name) && isLoose()) await this.#remove(name)
    }
    setTimeout(() => void now().catch(() => undefined), dropMs).unref()
  }

  /** Has deleted what has been here for a while and no message in the store needs. */
  async sweep(): Promise<void> {
    const before = performance.now() - looseMsMax
    await this.#sweep((name) => (this.#files.get(name)?.since ?? Infinity) <= before)
  }

  /** Where room lacks: messages of these may have gone meanwhile. */
  async #sweepDelivered(): Promise<boolean> {
    const before = performance.now() - dropMs
    if (this.#sweptAt > before) return false
    this.#sweptAt = performance.now()
    const bytes = this.#bytes
    await this.#sweep((name) => {
      const { since = Infinity, isDelivered } = this.#files.get(name) ?? {}
      return isDelivered === true && since <= before
    })
    return this.#bytes < bytes
  }

  async #sweep(isLoose: (name: string) => boolean): Promise<void> {
    const names = [...this.#files.keys()].filter(isLoose)
    try {
      for (let at = 0; at < names.length; at += sweepStep) {
        const some = names.slice(at, at + sweepStep)
        const needed = await this.#needed(some)
        // It may have been saved or read again meanwhile.
        for (const name of some) if (!needed.has(name) && isLoose(name)) await this.#remove(name)
      }
    } catch (error) {
      this.#options.log.warn('bodies that nothing needs could not be deleted', { error: String(error) })
    }
  }

  /** Has some of what nothing needs deleted; false if there is none that may be. */
  async #evict(bytes: number): Promise<boolean> {
    const names = this.#loose.oldest(bytes)
    const needed = await this.#needed(names).catch(() => new Set(names))
    for (const name of names) {
      if (needed.has(name)) this.#loose.delete(name)
      else await this.#remove(name)
    }
    return names.length > 0
  }

  /** Of these, those that messages in the store need. */
  async #needed(names: readonly string[]): Promise<ReadonlySet<string>> {
    if (names.length === 0) return new Set()
    const places = await this.#options.needed(names.map((name) => fromHex(name)!))
    return new Set(places.map((place) => names[place]!))
  }
}
