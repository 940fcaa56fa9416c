import type { Fleet, FleetNode, Lab } from '@grapevine/node/lab'
import type { PlanStep } from '@grapevine/sim/run'
import type { RealBook } from './book.ts'

/** What the steps of a scenario are played on. */
export interface RealStageOptions {
  readonly fleet: Fleet
  /** Absent: on loopback. */
  readonly lab: Lab | undefined
  readonly book: RealBook
  /** Called with a node that is up for the first time. */
  readonly onNew: (node: FleetNode) => Promise<void>
}

/** Does to real processes what a plan says. A node's steps follow each other; those of different nodes do not wait. */
export class RealStage {
  readonly #options: RealStageOptions
  readonly #turns = new Map<number, Promise<unknown>>()
  readonly #known: Set<number>
  #failure: Error | undefined

  /** `known`: nodes that have been up. */
  constructor(options: RealStageOptions, known: Iterable<number>) {
    this.#options = options
    this.#known = new Set(known)
  }

  /** Begins a step; throws what an earlier one failed with. */
  play(step: PlanStep): void {
    if (this.#failure !== undefined) throw this.#failure
    const { lab, fleet, book } = this.#options
    const node = (index: number): FleetNode => fleet.nodes[index]!
    switch (step.type) {
      case 'publish':
        // What a node that is down was to say nobody hears.
        if (node(step.node).isUp) this.#watch(book.publish(node(step.node), step.topic, step.bytes))
        return
      case 'partition':
        return this.#watch(lab?.partition(step.groups))
      case 'heal':
        return this.#watch(lab?.heal())
      case 'loss':
        return this.#watch(lab?.link({ loss: step.loss }))
      case 'crash':
        return this.#each(step.nodes, (each) => node(each).kill())
      case 'leave':
        return this.#each(step.nodes, (each) => node(each).stop())
      case 'start':
        return this.#each(step.nodes, (each) => this.#start(node(each)))
    }
  }

  /** Resolves when all steps are done. Rejects with what one failed with. */
  async done(): Promise<void> {
    await Promise.all(this.#turns.values())
    if (this.#failure !== undefined) throw this.#failure
  }

  async #start(node: FleetNode): Promise<void> {
    await this.#options.fleet.start(node.index)
    if (this.#known.has(node.index)) return
    this.#known.add(node.index)
    await this.#options.onNew(node)
  }

  #each(nodes: readonly number[], act: (node: number) => Promise<void>): void {
    for (const node of nodes) {
      const turn = (this.#turns.get(node) ?? Promise.resolve()).then(() => act(node))
      this.#turns.set(
        node,
        turn.catch((error: unknown) => (this.#failure ??= error as Error)),
      )
    }
  }

  #watch(work: Promise<unknown> | undefined): void {
    work?.catch((error: unknown) => (this.#failure ??= error as Error))
  }
}
