import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { toHex } from '@grapevine/protocol'
import type { LeafTree } from '@grapevine/protocol/fetch'
import { writeError } from '../home/durable-file.ts'
import { diskSizeOf, fileSizeOf, readChunk, readTree, writeBody } from './body-file.ts'
import { BodyRoom, type BodyRoomOptions } from './body-room.ts'
import type { Bringer } from './loose-room.ts'

/** What keeping bodies needs. */
export interface BodyStoreOptions extends BodyRoomOptions {
  /** Is made if it is not there. */
  readonly directory: string
}

/** A chunk as a peer gets it. */
export interface ServedChunk {
  readonly bytes: Uint8Array
  readonly proof: Uint8Array
}

/** Trees that are remembered: 4 KiB each for the largest bodies. */
const treesMax = 64
const sweepEveryMs = 60_000

/** Bodies at rest: a file for each, named by its root, written as a whole and checked whenever it is read. */
export class BodyStore {
  readonly #options: BodyStoreOptions
  readonly #room: BodyRoom
  readonly #trees = new Map<string, LeafTree>()
  readonly #saving = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | undefined

  private constructor(options: BodyStoreOptions) {
    this.#options = options
    this.#room = new BodyRoom(options, (name) => this.#remove(name))
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
        store.#room.found(name, diskSizeOf(size))
      }
    } catch (error) {
      throw writeError(directory, error)
    }
    await store.#room.sweep()
    store.#timer = setInterval(() => void store.#room.sweep(), sweepEveryMs)
    store.#timer.unref()
    return store
  }

  /** Of disk. */
  get bytes(): number {
    return this.#room.bytes
  }

  has(root: Uint8Array): boolean {
    return this.#room.has(toHex(root))
  }

  /** Makes a body durable; without a `bringer` it is our own. Rejects with `disk`. */
  async save(root: Uint8Array, body: Uint8Array, bringer?: Bringer): Promise<void> {
    const name = toHex(root)
    if (this.#room.isReadable(name)) return this.#room.touch(name, bringer === undefined)
    const underWay = this.#saving.get(name) ?? this.#save(name, body, bringer)
    this.#saving.set(name, underWay)
    await underWay.finally(() => this.#saving.delete(name))
  }

  async #save(name: string, body: Uint8Array, bringer: Bringer | undefined): Promise<void> {
    const bytes = diskSizeOf(fileSizeOf(body.length))
    // What the disk does not give is written anew, in its place.
    const isNew = !this.#room.has(name)
    if (isNew) await this.#room.reserve(name, bytes, bringer)
    const path = join(this.#options.directory, name)
    try {
      await writeBody(path, body)
      this.#room.saved(name, bytes, isNew)
    } catch (error) {
      if (isNew) this.#room.cancel(name, bytes)
      throw writeError(path, error)
    }
  }

  /** The whole body of this size; undefined if it is not here. */
  async read(root: Uint8Array, size: number): Promise<Uint8Array | undefined> {
    const tree = await this.tree(root)
    if (tree?.size !== size) return undefined
    this.#room.touch(toHex(root))
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
    if (!this.#room.has(name)) return undefined
    const known = this.#trees.get(name)
    if (known !== undefined) return known
    const tree = await this.#with(root, (file) => readTree(file, root))
    if (tree === undefined) return undefined
    const [oldest] = this.#trees.keys()
    if (this.#trees.size >= treesMax && oldest !== undefined) this.#trees.delete(oldest)
    this.#trees.set(name, tree)
    return tree
  }

  /** The message of a body was delivered: it stays for a while in any case, and for longer if that is in the store. */
  delivered(root: Uint8Array, isStored: boolean): void {
    this.#room.delivered(toHex(root), isStored)
  }

  /** Deletes a body in a moment, if nothing needs it. */
  drop(root: Uint8Array): void {
    this.#room.drop(toHex(root))
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
        this.#room.wasRead(name, false)
        if (result !== undefined) return result
      } finally {
        await file.close()
      }
      this.#options.log.error('a body was damaged', { root: name })
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Few file descriptors, a disk that fails for a moment: it may be well, and is written anew if it is fetched again.
      if (code !== 'ENOENT') {
        this.#room.wasRead(name, true)
        return undefined
      }
    }
    await this.#remove(name)
    return undefined
  }

  async #remove(name: string): Promise<void> {
    if (!this.#room.forget(name)) return
    this.#trees.delete(name)
    await rm(join(this.#options.directory, name), { force: true }).catch(() => undefined)
  }
}

const isName = (name: string): boolean => /^[0-9a-f]{64}$/.test(name)
