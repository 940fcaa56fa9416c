import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { fromHex, toHex } from '@grapevine/protocol'
import type { LeafTree } from '@grapevine/protocol/fetch'
import { NodeError } from '../error.ts'
import { writeError } from '../home/durable-file.ts'
import type { PartLog } from '../log/log.ts'
import { fileSizeOf, readChunk, readTree, writeBody } from './body-file.ts'

/** What keeping bodies needs. */
export interface BodyStoreOptions {
  /** Is made if it is not there. */
  readonly directory: string
  /** Of all files together. */
  readonly bytesMax: number
  /** Of these roots, those that messages in the store need, as places among them. */
  readonly needed: (roots: readonly Uint8Array[]) => Promise<readonly number[]>
  readonly log: PartLog
}

/** A chunk as a peer gets it. */
export interface ServedChunk {
  readonly bytes: Uint8Array
  readonly proof: Uint8Array
}

/** Trees that are remembered: 4 KiB each for the largest bodies. */
const treesMax = 64
/** How long a body that no message in the store needs stays, in ms: for messages on their way, and for topics that keep none. */
const looseMsMax = 900_000
const sweepEveryMs = 60_000
/** A record is on disk by then. */
const dropMs = 5_000
/** Files that are looked at in one question to the store. */
const sweepStep = 256

/**
 * Bodies at rest: a file for each, named by its root, written as a whole and checked whenever it is read. What no message in
 * the store needs goes after a while, and at the start.
 */
export class BodyStore {
  readonly #options: BodyStoreOptions
  readonly #trees = new Map<string, LeafTree>()
  /** Bytes of the files by their names, and since when each is here, in ms of the process. */
  readonly #files = new Map<string, { readonly bytes: number; since: number; isDelivered?: boolean }>()
  readonly #saving = new Map<string, Promise<void>>()
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  private constructor(options: BodyStoreOptions) {
    this.#options = options
  }

  /** Opens the folder; what a crash left behind is deleted. Error `disk` or `home`. */
  static async open(options: BodyStoreOptions): Promise<BodyStore> {
    const { directory } = options
    const store = new BodyStore(options)
    try {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      for (const name of await readdir(directory)) {
        if (!isName(name)) {
          if (name.endsWith('.part')) await rm(join(directory, name), { force: true })
          continue
        }
        const { size } = await stat(join(directory, name))
        store.#files.set(name, { bytes: size, since: -Infinity })
        store.#bytes += size
      }
    } catch (error) {
      throw writeError(directory, error)
    }
    await store.sweep()
    store.#timer = setInterval(() => void store.sweep(), sweepEveryMs)
    store.#timer.unref()
    return store
  }

  /** Bytes of all files. */
  get bytes(): number {
    return this.#bytes
  }

  has(root: Uint8Array): boolean {
    return this.#files.has(toHex(root))
  }

  /** Makes a body durable. Rejects with `disk`. */
  async save(root: Uint8Array, body: Uint8Array): Promise<void> {
    const name = toHex(root)
    const known = this.#files.get(name)
    if (known !== undefined) {
      known.since = performance.now()
      return
    }
    const underWay = this.#saving.get(name) ?? this.#save(name, body)
    this.#saving.set(name, underWay)
    await underWay.finally(() => this.#saving.delete(name))
  }

  async #save(name: string, body: Uint8Array): Promise<void> {
    const { directory, bytesMax } = this.#options
    const bytes = fileSizeOf(body.length)
    if (this.#bytes + bytes > bytesMax)
      throw new NodeError('disk', `bodies take ${this.#bytes} bytes already`, 'raise bodies.sizeMax, or keep less')
    this.#bytes += bytes
    try {
      await writeBody(join(directory, name), body)
      this.#files.set(name, { bytes, since: performance.now() })
    } catch (error) {
      this.#bytes -= bytes
      throw writeError(join(directory, name), error)
    }
  }

  /** The whole body of this size; undefined if it is not here. */
  async read(root: Uint8Array, size: number): Promise<Uint8Array | undefined> {
    const tree = await this.tree(root)
    if (tree?.size !== size) return undefined
    const known = this.#files.get(toHex(root))
    if (known !== undefined) known.since = performance.now()
    const body = new Uint8Array(size)
    let filled = 0
    for await (const chunk of this.chunks(root)) {
      body.set(chunk, filled)
      filled += chunk.length
    }
    return filled === size ? body : undefined
  }

  /** The chunks of a body in order, each in an array of its own. Ends early where it is damaged, or goes meanwhile. */
  async *chunks(root: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
    const tree = await this.tree(root)
    for (let index = 0; index < (tree?.count ?? 0); index++) {
      const chunk = await this.chunk(root, index)
      if (chunk === undefined) return
      yield chunk.bytes
    }
  }

  /** A chunk with its proof; undefined if it is not here. */
  async chunk(root: Uint8Array, index: number): Promise<ServedChunk | undefined> {
    const tree = await this.tree(root)
    if (tree === undefined || index >= tree.count) return undefined
    const bytes = await this.#with(root, (file) => readChunk(file, tree, index))
    return bytes && { bytes, proof: tree.proof(index) }
  }

  /** The tree of a body; undefined if it is not here. */
  async tree(root: Uint8Array): Promise<LeafTree | undefined> {
    const name = toHex(root)
    if (!this.#files.has(name)) return undefined
    const known = this.#trees.get(name)
    if (known !== undefined) return known
    const tree = await this.#with(root, (file) => readTree(file, root))
    if (tree === undefined) return undefined
    const [oldest] = this.#trees.keys()
    if (this.#trees.size >= treesMax && oldest !== undefined) this.#trees.delete(oldest)
    this.#trees.set(name, tree)
    return tree
  }

  /** The message of a body was delivered: it stays for a while in any case. */
  delivered(root: Uint8Array): void {
    const known = this.#files.get(toHex(root))
    if (known !== undefined) known.isDelivered = true
  }

  /**
   * Deletes a body in a moment, unless it is saved or read again until then, a message in the store needs it, or one with it
   * was delivered: that message may be on its way to disk now.
   */
  drop(root: Uint8Array): void {
    const name = toHex(root)
    const known = this.#files.get(name)
    if (known === undefined) return
    const at = performance.now()
    const now = async (): Promise<void> => {
      const isLoose = (): boolean => {
        const { since = Infinity, isDelivered } = this.#files.get(name) ?? {}
        return since <= at && isDelivered !== true
      }
      if (!isLoose()) return
      const needed = await this.#options.needed([root]).catch(() => [0])
      if (needed.length === 0 && isLoose()) await this.#remove(name)
    }
    setTimeout(() => void now(), dropMs).unref()
  }

  /** Deletes what has been here for a while and no message in the store needs. */
  async sweep(): Promise<void> {
    const before = performance.now() - looseMsMax
    const names = [...this.#files].flatMap(([name, { since }]) => (since <= before ? name : []))
    try {
      for (let at = 0; at < names.length; at += sweepStep) {
        const some = names.slice(at, at + sweepStep)
        const needed = new Set(await this.#options.needed(some.map((name) => fromHex(name)!)))
        for (const [place, name] of some.entries()) {
          // It may have been saved or read again meanwhile.
          const isLoose = (this.#files.get(name)?.since ?? Infinity) <= before
          if (!needed.has(place) && isLoose) await this.#remove(name)
        }
      }
    } catch (error) {
      this.#options.log.warn('bodies that nothing needs could not be deleted', { error: String(error) })
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  /** Reads from a file. What is damaged, or gone, is forgotten: it can be fetched again. */
  async #with<Result>(
    root: Uint8Array,
    read: (file: FileHandle) => Promise<Result | undefined>,
  ): Promise<Result | undefined> {
    const name = toHex(root)
    try {
      const file = await open(join(this.#options.directory, name), 'r')
      try {
        const result = await read(file)
        if (result !== undefined) return result
      } finally {
        await file.close()
      }
      this.#options.log.error('a body was damaged', { root: name })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Few file descriptors, a disk that fails for a moment: it may be well.
      if (code !== 'ENOENT') return undefined
    }
    await this.#remove(name)
    return undefined
  }

  async #remove(name: string): Promise<void> {
    const known = this.#files.get(name)
    if (known === undefined) return
    this.#files.delete(name)
    this.#trees.delete(name)
    this.#bytes -= known.bytes
    await rm(join(this.#options.directory, name), { force: true }).catch(() => undefined)
  }
}

const isName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)
