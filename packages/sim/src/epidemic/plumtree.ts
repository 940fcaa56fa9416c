import { Draws } from '../draws.ts'
import { checkPart, checkWhole } from './option.ts'
import { regularOverlay, type Overlay } from './overlay.ts'
import type { Outcome, Trial } from './study.ts'

/** Options of {@link plumtreeTrial}. */
export interface PlumtreeOptions {
  /** Nodes. 4 to 2^24. */
  readonly nodes: number
  /** Neighbours of each, in a random overlay. 3 to 255. */
  readonly degree: number
  /** Messages that node 0 sends before the one that is counted: one is enough for a tree. 0 to 1000. */
  readonly before: number
  /** The part of the nodes that fails after those, for good; node 0 does not. 0 to 1. */
  readonly failed: number
  /** Messages after the failure and before the one that is counted, on which the tree mends itself. 0 to 1000. */
  readonly mending: number
  /** Hops that a node waits for a message that was only announced, and again for each next announcer. From 1. */
  readonly patience: number
}

const kind = { payload: 0, ihave: 1, graft: 2, prune: 3 } as const

/**
 * A tree that mends itself: Plumtree, Leitão, Pereira and Rodrigues 2007, without its optimisation. A node sends a message
 * to neighbours in the tree and an announcement to the others; who gets a second copy prunes that link from the tree, who
 * waits in vain for what was announced grafts it. Every hop takes one cycle.
 *
 * Values, of the counted message: `payload`, `ihave`, `graft` and `prune`, messages received; `residue`, the part of the
 * nodes left that did not get it; `redundancy`, payload / (receivers − 1) − 1; `lastHop`.
 */
export function plumtreeTrial(options: PlumtreeOptions): Trial {
  const { nodes, degree, before, failed, mending, patience } = options
  checkWhole('before', before, 0, 1000)
  checkPart('failed', failed)
  checkWhole('mending', mending, 0, 1000)
  checkWhole('patience', patience, 1, 1000)
  return {
    bytes: nodes * (2 + degree * 5),
    run: (rng) => {
      const draws = new Draws(rng)
      const tree = new Plumtree(regularOverlay(draws, nodes, degree), patience)
      for (let message = 0; message < before; message++) tree.send(0)
      for (let node = 1; node < nodes; node++) if (draws.chance(failed)) tree.fail(node)
      for (let message = 0; message < mending; message++) tree.send(0)
      return tree.send(0)
    },
  }
}

/** Plumtree on an overlay, whose links and their place in the tree last from message to message. */
export class Plumtree {
  readonly #overlay: Overlay
  readonly #patience: number
  /** For each link end, whether its node sends messages over it, and not only announcements. */
  readonly #isEager: Uint8Array
  readonly #hasIt: Uint8Array
  readonly #isDown: Uint8Array
  /** What arrives in the next cycle: link ends at the receiver, and kinds. */
  #ends: number[] = []
  #kinds: number[] = []
  /** Who announced, for nodes that wait: link ends at the node. */
  readonly #announced = new Map<number, number[]>()
  #deadlines: { readonly cycle: number; readonly node: number }[] = []

  constructor(overlay: Overlay, patience: number) {
    this.#overlay = overlay
    this.#patience = patience
    this.#isEager = new Uint8Array(overlay.twin.length).fill(1)
    this.#hasIt = new Uint8Array(overlay.nodes)
    this.#isDown = new Uint8Array(overlay.nodes)
  }

  /** A node is gone, and nobody is told. */
  fail(node: number): void {
    this.#isDown[node] = 1
  }

  /** One message from this node to all, until nothing is on its way any more. */
  send(from: number): Outcome {
    this.#hasIt.fill(0)
    this.#hasIt[from] = 1
    const counts = [0, 0, 0, 0]
    this.#forward(from, -1)
    const curve = [1]
    let lastHop = 0
    for (let cycle = 1; this.#ends.length > 0 || this.#deadlines.length > 0; cycle++) {
      const [ends, kinds] = [this.#ends, this.#kinds]
      this.#ends = []
      this.#kinds = []
      let reached = curve.at(-1)!
      for (const [index, end] of ends.entries()) {
        const node = Math.floor(end / this.#overlay.degree)
        if (this.#isDown[node] === 1) continue
        counts[kinds[index]!]!++
        if (this.#take(node, end, kinds[index]!, cycle)) reached++
      }
      if (reached > curve.at(-1)!) lastHop = cycle
      curve.push(reached)
      this.#expire(cycle)
    }
    this.#announced.clear()
    const present = this.#isDown.reduce((sum, down) => sum + 1 - down, 0)
    const reached = curve.at(-1)!
    const [payload = 0, ihave = 0, graft = 0, prune = 0] = counts
    const redundancy = reached > 1 ? payload / (reached - 1) - 1 : 0
    const residue = (present - reached) / present
    return { values: { payload, ihave, graft, prune, residue, redundancy, lastHop }, curve }
  }

  /** Something arrives at a node; true if that was the message, for the first time. */
  #take(node: number, end: number, what: number, cycle: number): boolean {
    if (what === kind.prune) this.#isEager[end] = 0
    if (what === kind.graft) {
      this.#isEager[end] = 1
      this.#post(end, kind.payload)
    }
    if (what === kind.ihave && this.#hasIt[node] === 0) {
      const announcers = this.#announced.get(node)
      if (announcers === undefined) {
        this.#announced.set(node, [end])
        this.#deadlines.push({ cycle: cycle + this.#patience, node })
      } else announcers.push(end)
    }
    if (what !== kind.payload) return false
    if (this.#hasIt[node] === 1) {
      this.#isEager[end] = 0
      this.#post(end, kind.prune)
      return false
    }
    this.#hasIt[node] = 1
    this.#isEager[end] = 1
    this.#forward(node, end)
    return true
  }

  #forward(node: number, except: number): void {
    const first = node * this.#overlay.degree
    for (let end = first; end < first + this.#overlay.degree; end++) {
      if (end !== except) this.#post(end, this.#isEager[end] === 1 ? kind.payload : kind.ihave)
    }
  }

  /** Sends over the link of one of the sender's ends. */
  #post(end: number, what: number): void {
    this.#ends.push(this.#overlay.twin[end]!)
    this.#kinds.push(what)
  }

  /** Nodes that waited long enough turn to who announced. */
  #expire(cycle: number): void {
    const due = this.#deadlines.filter((deadline) => deadline.cycle <= cycle)
    if (due.length === 0) return
    this.#deadlines = this.#deadlines.filter((deadline) => deadline.cycle > cycle)
    for (const { node } of due) {
      const end = this.#hasIt[node] === 1 ? undefined : this.#announced.get(node)!.shift()
      if (end === undefined) {
        this.#announced.delete(node)
        continue
      }
      this.#isEager[end] = 1
      this.#post(end, kind.graft)
      this.#deadlines.push({ cycle: cycle + this.#patience, node })
    }
  }
}
