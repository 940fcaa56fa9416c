import { hash } from 'node:crypto'
import { makeEvidence, peerIdFromKey, shortPeer, toHex } from '@grapevine/protocol'
import type { Equivocation, Evidence, EvidenceDetailView, EvidenceView, WhyView } from '@grapevine/protocol'
import type { EvidenceApi } from '../api.ts'
import { isoFromMicros } from '../control-view.ts'
import { verify } from '../crypto.ts'
import { NodeError } from '../error.ts'
import type { PartLog } from '../log/log.ts'
import type { EvidenceRow } from '../store/evidence.ts'
import type { Store } from '../store/store.ts'
import { viewEvidence } from './view.ts'

/** Options of {@link EvidenceBook.open}. */
export interface EvidenceBookOptions {
  readonly store: Store
  readonly networkId: Uint8Array
  readonly log: PartLog
}

type Named = EvidenceRow & { readonly id: Uint8Array }

/** Digits of the begin of an id that are enough to name evidence. */
const digitsMin = 6

/**
 * The evidence that this node found. The store keeps two records that contradict each other; here they become evidence: it
 * is looked at once, gets its id, and is told in the log.
 */
export class EvidenceBook implements EvidenceApi {
  readonly #options: EvidenceBookOptions
  #rows: readonly Named[] = []
  /** A look at the store, and whether another one has to follow. */
  #look: Promise<void> | undefined
  #isStale = false

  private constructor(options: EvidenceBookOptions) {
    this.#options = options
  }

  /** With what the store has; a store that fails at this is told in the log, and there is no evidence. */
  static async open(options: EvidenceBookOptions): Promise<EvidenceBook> {
    const book = new EvidenceBook(options)
    await book.look()
    return book
  }

  /** The oldest first. */
  list(): readonly EvidenceView[] {
    return this.#rows.map((row) => this.#view(row))
  }

  /** Adds to what is known of a message the evidence in which it is one of the two. */
  tell(why: WhyView): WhyView {
    const { topic, author, epoch, seq } = why
    // Text: a number of dialect pubsub, of which there is no evidence.
    if (typeof seq !== 'number' || this.#rows.length === 0) return why
    const evidence = this.list()
      .filter((view) => view.topic === topic && view.author === author && view.epoch === epoch)
      .filter(({ first, last }) => first <= seq && seq <= last)
      .map(({ id }) => id)
    return evidence.length === 0 ? why : { ...why, evidence }
  }

  async show(id: string): Promise<EvidenceDetailView> {
    const found = this.#rows.filter((row) => toHex(row.id).startsWith(id.toLowerCase()))
    if (found.length > 1) throw new NodeError('usage', `several pieces of evidence have ids that begin with ${id}`)
    const [row] = id.length < digitsMin ? [] : found
    const made = row && (await this.#read(row))
    if (made === undefined) throw new NodeError('not-found', `no evidence ${id}`, 'see: grapevine evidence ls')
    return viewEvidence(made.evidence, made.equivocation, row!.found)
  }

  /** Takes in what the store has found since. */
  look(): Promise<void> {
    this.#isStale = true
    this.#look ??= this.#refresh()
      .catch((error: unknown) => this.#options.log.warn('cannot read evidence', { error: String(error) }))
      .finally(() => (this.#look = undefined))
    return this.#look
  }

  async #refresh(): Promise<void> {
    const { store } = this.#options
    while (this.#isStale) {
      this.#isStale = false
      const rows = await store.ask('evidence.list', undefined)
      for (const row of rows.filter(({ id }) => id === undefined)) await this.#name(row)
      const named = rows.some(({ id }) => id === undefined) ? await store.ask('evidence.list', undefined) : rows
      this.#rows = named.filter((row): row is Named => row.id !== undefined)
    }
  }

  async #name(row: EvidenceRow): Promise<void> {
    const { store, log } = this.#options
    const made = await this.#read(row)
    if (made === undefined) return void (await store.call('evidence.remove', row.number))
    const { id, author, first } = made.equivocation
    if (!(await store.call('evidence.name', { number: row.number, id }))) return
    const names = { author: shortPeer(peerIdFromKey(author)), topic: row.topic, number: first, evidence: toHex(id) }
    log.warn('an author signed two different messages under one number', names)
  }

  /** What a row proves; undefined if it is damaged, or no proof in the first place. */
  async #read(row: EvidenceRow): Promise<{ evidence: Evidence; equivocation: Equivocation } | undefined> {
    const { store, networkId } = this.#options
    const pair = await store.ask('evidence.pair', row.number)
    if (pair === undefined) return undefined
    const { one, other } = pair
    const made = makeEvidence({ networkId, topic: row.topic, envelopes: [one, other] }, sha256)
    if (typeof made === 'string') return undefined
    const { author, statements } = made.equivocation
    return statements.every(({ signed, signature }) => verify(signed, signature, author)) ? made : undefined
  }

  #view({ id, topic, author, epoch, first, last, found }: Named): EvidenceView {
    return {
      id: toHex(id),
      network: toHex(this.#options.networkId),
      topic,
      author: author.length === 32 ? peerIdFromKey(author) : '',
      epoch,
      first,
      last,
      found: isoFromMicros(found),
    }
  }
}

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
