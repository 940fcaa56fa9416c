import { decodeEnvelope, type Decision, type Event, type ImportView } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { Archive } from '../store/archive.ts'

/** What an importer needs of its node. */
export interface ImporterOptions {
  readonly archive: Archive
  readonly dispatch: (event: Event) => void
  /** Our own peer id: whoever imports stands in for the peer that brings messages. */
  readonly self: string
}

/** What the machine may have under check for an import, in bytes of its own reckoning: a quarter of a peer's. */
const pendingCostMax = 1 << 20
const envelopeCost = 1_500
const messageCost = 500
/** Lines whose messages are made durable together. */
const linesMax = 256

/** Brings envelopes from a file to the machine, which checks them like those of a peer. */
export class Importer {
  readonly #options: ImporterOptions
  readonly #waiting = new Map<number, (decision: Decision) => void>()
  #lastRef = 0

  constructor(options: ImporterOptions) {
    this.#options = options
  }

  /** What the machine decided of an envelope; false if this importer did not bring it. */
  settled(ref: number, decision: Decision): boolean {
    const settle = this.#waiting.get(ref)
    this.#waiting.delete(ref)
    settle?.(decision)
    return settle !== undefined
  }

  /**
   * Imports envelopes of a held topic, given by their wire bytes; one result each, in order, after they are on disk.
   * Error `disk`: the rest is not imported.
   */
  async *run(topic: string, wires: AsyncIterable<Uint8Array>): AsyncGenerator<ImportView, void, void> {
    let waiting: Promise<Decision>[] = []
    let cost = 0
    for await (const wire of wires) {
      waiting.push(this.#give(topic, wire))
      cost += costOf(wire)
      if (cost < pendingCostMax && waiting.length < linesMax) continue
      yield* await this.#finish(waiting)
      waiting = []
      cost = 0
    }
    yield* await this.#finish(waiting)
  }

  #give(topic: string, bytes: Uint8Array): Promise<Decision> {
    // Below zero: the machine counts its own from one.
    const ref = --this.#lastRef
    const { dispatch, self: from } = this.#options
    return new Promise((resolve) => {
      this.#waiting.set(ref, resolve)
      dispatch({ type: 'fetched', ref, topic, from, bytes, wall: Date.now() * 1000 })
    })
  }

  async #finish(waiting: readonly Promise<Decision>[]): Promise<readonly ImportView[]> {
    const { archive } = this.#options
    const failed = archive.failures
    const decisions = await Promise.all(waiting)
    // Commits are in order: what was asked for before is on disk after this one.
    await archive.store.append([])
    if (archive.failures > failed) throw new NodeError('disk', 'messages could not be stored', 'see: grapevine logs')
    return decisions.map(resultOf)
  }
}

function costOf(wire: Uint8Array): number {
  const decoded = decodeEnvelope(wire)
  const count = decoded.ok ? decoded.envelope.body.messages.length : 1
  return wire.length + envelopeCost + messageCost * count
}

function resultOf({ verdict, reason, detail }: Decision): ImportView {
  if (verdict === 'accept') return { result: 'new' }
  if (reason === 'duplicate') return { result: 'known' }
  return { result: 'refused', reason, ...(detail !== undefined && { detail }) }
}
