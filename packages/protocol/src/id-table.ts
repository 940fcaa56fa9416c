/** Options of an {@link IdTable}. */
export interface IdTableOptions {
  /** How many ids are remembered at least before the oldest are forgotten; the table holds up to twice as many. */
  readonly idsMin: number
  /** Random 32-bit word, so that nobody can choose ids that collide. */
  readonly salt: number
}

/**
 * A set of ids in flat memory: the first 16 bytes of each, in two generations. When the younger is full, the older is
 * forgotten and the two swap. At most 32 bytes an id;
 * nothing for the garbage collector to walk.
 *
 * Two ids with equal first 16 bytes count as one: for SHA-256 that takes 2^64 hashes to produce.
 */
export class IdTable {
  readonly #idsMin: number
  readonly #salt: number
  #young: Generation
  #old: Generation | undefined

  constructor(options: IdTableOptions) {
    this.#idsMin = options.idsMin
    this.#salt = options.salt | 0
    this.#young = new Generation(10, this.#salt)
  }

  /** Ids held at present. */
  get size(): number {
    return this.#young.size + (this.#old?.size ?? 0)
  }

  /** Bytes of the tables. */
  get byteLength(): number {
    return this.#young.words.byteLength + (this.#old?.words.byteLength ?? 0)
  }

  has(id: Uint8Array): boolean {
    loadKey(id, this.#salt)
    return this.#young.find() < 0 || (this.#old !== undefined && this.#old.find() < 0)
  }

  /** Remembers an id; returns false if it was known. An id known only to the older generation moves to the younger. */
  add(id: Uint8Array): boolean {
    loadKey(id, this.#salt)
    const known = this.#old !== undefined && this.#old.find() < 0
    const isNew = this.#young.add()
    if (this.#young.size >= this.#idsMin) this.turn()
    return isNew && !known
  }

  /** Forgets the older generation and begins a new one: for owners that also bound the age of an id. */
  turn(): void {
    this.#old = this.#young
    this.#young = new Generation(10, this.#salt)
  }
}

/** The key under work, as four words, and its slot hash: set by loadKey, read by Generation. Saves an object per look-up. */
const key = new Int32Array(4)
let slotHash = 0

function loadKey(id: Uint8Array, salt: number): void {
  for (let word = 0; word < 4; word++) {
    const at = word * 4
    key[word] = (id[at] ?? 0) | ((id[at + 1] ?? 0) << 8) | ((id[at + 2] ?? 0) << 16) | ((id[at + 3] ?? 0) << 24)
  }
  // Short content ids: the length tells "a" from "a\0". An all-zero key marks an empty slot, so it is never stored.
  if (id.length < 16) key[3] = key[3]! ^ (id.length << 24)
  if ((key[0]! | key[1]! | key[2]! | key[3]!) === 0) key[0] = 1
  hashKey(salt)
}

function hashKey(salt: number): void {
  let hash = salt
  for (let word = 0; word < 4; word++) {
    hash = Math.imul(hash ^ key[word]!, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  slotHash = Math.imul(hash, 0x85ebca6b) >>> 0
}

/** One open-addressing table with linear probing, at most 3/4 full. */
class Generation {
  words: Int32Array
  size = 0
  #mask: number
  readonly #salt: number

  constructor(log2: number, salt: number) {
    this.#salt = salt
    this.words = new Int32Array(4 << log2)
    this.#mask = (1 << log2) - 1
  }

  /** The slot of the key as a negative number if it is present, else the empty slot to put it into. */
  find(): number {
    const { words } = this
    for (let slot = slotHash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const at = slot * 4
      if ((words[at]! | words[at + 1]! | words[at + 2]! | words[at + 3]!) === 0) return slot
      if (words[at] === key[0] && words[at + 1] === key[1] && words[at + 2] === key[2] && words[at + 3] === key[3]) {
        return -slot - 1
      }
    }
  }

  add(): boolean {
    const slot = this.find()
    if (slot < 0) return false
    this.words.set(key, slot * 4)
    this.size++
    if (this.size > (this.#mask + 1) * 0.75) this.#grow()
    return true
  }

  #grow(): void {
    const old = this.words
    this.words = new Int32Array(old.length * 2)
    this.#mask = this.#mask * 2 + 1
    this.size = 0
    for (let at = 0; at < old.length; at += 4) {
      if ((old[at]! | old[at + 1]! | old[at + 2]! | old[at + 3]!) === 0) continue
      key.set(old.subarray(at, at + 4))
      hashKey(this.#salt)
      this.words.set(key, this.find() * 4)
      this.size++
    }
  }
}
