/** Gossipsub's states of a record, by its own numbers. */
const unknown = 0

interface DeliveryRecord {
  status: number
  firstSeenTsMs: number
  validated: number
  peers: Set<string>
}

/**
 * Gossipsub's notes on who delivered a message first, for scoring. In place of the stock one, which keeps every id for
 * two minutes: this one forgets the oldest beyond `recordsMax`, at about 400 bytes a record. A forgotten record only
 * means that a late copy earns nothing.
 */
export class BoundedDeliveryRecords {
  readonly #recordsMax: number
  readonly #ttlMs: number
  readonly #wall: () => number
  readonly #records = new Map<string, DeliveryRecord>()

  constructor(options: { recordsMax: number; ttlMs: number; wall: () => number }) {
    this.#recordsMax = options.recordsMax
    this.#ttlMs = options.ttlMs
    this.#wall = options.wall
  }

  /** Records held. */
  get size(): number {
    return this.#records.size
  }

  getRecord(id: string): DeliveryRecord | undefined {
    return this.#records.get(id)
  }

  ensureRecord(id: string): DeliveryRecord {
    const known = this.#records.get(id)
    if (known !== undefined) return known
    const record: DeliveryRecord = { status: unknown, firstSeenTsMs: this.#wall(), validated: 0, peers: new Set() }
    this.#records.set(id, record)
    if (this.#records.size > this.#recordsMax) this.#evict()
    return record
  }

  /** Some at once: each walk of a Map from its beginning steps over the holes of all that went before. */
  #evict(): void {
    for (const oldest of this.#records.keys()) {
      if (this.#records.size <= this.#recordsMax * (15 / 16)) break
      this.#records.delete(oldest)
    }
  }

  /** Called by gossipsub's score once a second. */
  gc(): void {
    const expired = this.#wall() - this.#ttlMs
    for (const [id, record] of this.#records) {
      if (record.firstSeenTsMs >= expired) break
      this.#records.delete(id)
    }
  }

  clear(): void {
    this.#records.clear()
  }
}
