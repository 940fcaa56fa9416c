import type { ScenarioInvariants } from '../scenario-file/scenario-file.ts'
import type { BookMessage, MessageBook } from './message-book.ts'
import type { Population } from './population.ts'
import type { ScenarioViolation } from './violation.ts'
import { nameOf } from './watch.ts'
import type { WriteBook } from './write-book.ts'

/** What the comparison of nodes needs of their world. */
export interface AgreementOptions {
  readonly nodes: number
  readonly invariants: ScenarioInvariants
  readonly book: MessageBook
  readonly writes: WriteBook
  readonly population: Population
}

/** Compares nodes: who lacks what others have that it can reach, and who takes whom for what it is not. */
export class Agreement {
  readonly #options: AgreementOptions

  constructor(options: AgreementOptions) {
    this.#options = options
  }

  /** The first thing that is not as it should be in the end; undefined if all is. */
  first(): ScenarioViolation | undefined {
    const { invariants, book } = this.#options
    const { delivered, equal } = invariants
    for (const message of book.messages) {
      const isExpected = message.publish?.isAcknowledged === true
      if (isExpected ? !delivered && !equal : !equal) continue
      const lacking = this.lacking(message)
      if (lacking !== undefined) return this.#missing(isExpected && delivered ? 'delivered' : 'equal', message, lacking)
    }
    return (
      (equal ? this.#writes() : undefined) ?? (invariants.membersWithinMs === undefined ? undefined : this.members())
    )
  }

  /** The first node that is up and lacks a message, though it can reach one that has it, or published it itself. */
  lacking({ held, holders, publish }: BookMessage): number | undefined {
    const { nodes, population } = this.#options
    if (holders === nodes) return undefined
    const isUp = (node: number): boolean => population.isUp(node)
    const sides = new Set<number>()
    for (let node = 0; node < nodes; node++) if (held[node] === 1 && isUp(node)) sides.add(population.sideOf(node))
    if (publish?.isAcknowledged === true && isUp(publish.node) && held[publish.node] === 0) return publish.node
    for (let node = 0; node < nodes; node++) {
      if (held[node] === 0 && isUp(node) && sides.has(population.sideOf(node))) return node
    }
    return undefined
  }

  /** A violation for a message that did not come to a node in time. */
  late(message: BookMessage, node: number): ScenarioViolation {
    return this.#missing('deliveredWithinMs', message, node)
  }

  /** The first member that another takes for what it is not. */
  members(): ScenarioViolation | undefined {
    const { nodes, population } = this.#options
    const isThere = (node: number): boolean => population.isUp(node) && !population.hasLeft(node)
    for (let node = 0; node < nodes; node++) {
      const membership = isThere(node) ? population.node(node)?.state?.membership : undefined
      if (membership === undefined) continue
      for (let other = 0; other < nodes; other++) {
        if (other === node) continue
        const status = membership.member(population.nameOf(other))?.status
        const isReached = isThere(other) && population.sideOf(other) === population.sideOf(node)
        // Of one that is gone it may have heard nothing at all; and of a goodbye on the other side nothing.
        if (isReached ? status === 'alive' : status !== 'alive' && status !== 'suspect') continue
        const is = isReached ? 'alive' : population.hasLeft(other) ? 'left' : 'failed'
        return this.#violation(
          'membersWithinMs',
          node,
          `${population.nameOf(other)} is ${status ?? 'unknown'} to it, not ${is}`,
        )
      }
    }
    return undefined
  }

  /** The first node that lacks the latest of what another says of itself. */
  #writes(): ScenarioViolation | undefined {
    const { nodes, writes, population } = this.#options
    for (const { node: writer, life, delays, seen, key, at } of writes.latest) {
      // A life that is over took with it what it said.
      if (seen === nodes || !population.isUp(writer) || population.lifeOf(writer) !== life) continue
      for (let node = 0; node < nodes; node++) {
        if (delays[node] !== -1 || node === writer || !population.isUp(node)) continue
        if (population.sideOf(node) !== population.sideOf(writer)) continue
        return this.#violation(
          'equal',
          node,
          `it lacks ${key} of ${population.nameOf(writer)}, set at ${Math.round(at)} ms`,
        )
      }
    }
    return undefined
  }

  #missing(invariant: ScenarioViolation['invariant'], message: BookMessage, node: number): ScenarioViolation {
    const at = message.publish === undefined ? '' : `, published at ${Math.round(message.publish.at)} ms`
    const text = `it lacks the message${at}; ${message.holders} of ${this.#options.nodes} have it`
    return { ...this.#violation(invariant, node, text), message: nameOf(message) }
  }

  #violation(invariant: ScenarioViolation['invariant'], node: number, detail: string): ScenarioViolation {
    const { population } = this.#options
    return { invariant, node: population.nameOf(node), atMs: population.world.now, detail }
  }
}
