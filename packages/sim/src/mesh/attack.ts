import type { Draws } from '../draws.ts'
import { checkPart, checkWhole } from '../epidemic/option.ts'
import type { Dial } from './graph.ts'
import type { Mesh } from './mesh.ts'
import { role } from './state.ts'

/** Many identities of one attacker, who graft and do not pass messages on. Times in ms. */
export interface AttackOptions {
  /** How many. */
  readonly sybils: number
  /** Honest nodes that each of them connects to. */
  readonly connections: number
  /** Which of them: all alike, those that publish, or one that publishes nothing. */
  readonly targets: 'all' | 'publishers' | 'one'
  /** When they come. */
  readonly startMs: number
  /** How long after that they behave as everybody else does. */
  readonly covertMs: number
  /** The part of the messages that they do not pass on. 0 to 1. */
  readonly drop: number
  /** Sybils that share an address. */
  readonly perAddress: number
  /** How long after a PRUNE they try again, whatever the backoff is. */
  readonly regraftMs: number
}

/** Honest nodes of a scenario: the publishers come first. */
export interface HonestNodes {
  readonly nodes: number
  readonly publishers: number
}

/** Attackers come after the honest nodes in the numbering, and dial them. */
export function attackDials(draws: Draws, { nodes, publishers }: HonestNodes, options: AttackOptions): Dial[] {
  checkWhole('sybils', options.sybils, 0, 1_000_000)
  checkWhole('perAddress', options.perAddress, 1, 1_000_000)
  checkPart('drop', options.drop)
  const among = options.targets === 'publishers' ? publishers : nodes
  const dials: Dial[] = []
  for (let sybil = 0; sybil < options.sybils; sybil++) {
    const from = nodes + sybil
    if (options.targets === 'one') {
      dials.push({ from, to: nodes - 1 })
      continue
    }
    const targets = new Set<number>()
    while (targets.size < Math.min(among, options.connections)) targets.add(draws.below(among))
    for (const to of targets) dials.push({ from, to })
  }
  return dials
}

/** For each link end of a graph, peers of its node at the same address as the one at the end; honest ones are alone. */
export function sameAddress(
  mesh: Pick<Mesh, 'state'>['state']['graph'],
  honest: number,
  perAddress: number,
): Uint16Array {
  const counts = new Uint16Array(mesh.twin.length)
  const nodeOf = (end: number): number => mesh.owner![end]!
  for (let node = 0; node < mesh.nodes; node++) {
    const seen = new Map<number, number>()
    const addressOf = (end: number): number => {
      const peer = nodeOf(mesh.twin[end]!)
      return peer < honest ? -1 - peer : Math.floor((peer - honest) / perAddress)
    }
    for (let end = mesh.first[node]!; end < mesh.first[node + 1]!; end++) {
      seen.set(addressOf(end), (seen.get(addressOf(end)) ?? 0) + 1)
    }
    for (let end = mesh.first[node]!; end < mesh.first[node + 1]!; end++) counts[end] = seen.get(addressOf(end))!
  }
  return counts
}

/** Makes sybils do what they do, in a mesh whose nodes from `honest` on they are. */
export class Attack {
  readonly #mesh: Mesh
  readonly #honest: number
  readonly #options: AttackOptions

  constructor(mesh: Mesh, honest: number, options: AttackOptions) {
    this.#mesh = mesh
    this.#honest = honest
    this.#options = options
    const { state } = mesh
    mesh.passesOn = () => !state.draws.chance(options.drop)
    for (let node = honest; node < state.graph.nodes; node++) {
      state.isUp[node] = 0
      state.roles[node] = options.covertMs > 0 ? role.covert : role.sybil
    }
  }

  /** To be called each second of virtual time. */
  step(): void {
    const { state } = this.#mesh
    const { startMs, covertMs, regraftMs } = this.#options
    const age = state.now - startMs
    if (age < 0) return
    const turns = age - covertMs >= 0
    for (let node = this.#honest; node < state.graph.nodes; node++) {
      const isNew = state.isUp[node] === 0
      state.isUp[node] = 1
      if (!turns) continue
      state.roles[node] = role.sybil
      // Not all at once.
      const isTurn =
        Math.floor(age / 1000) % Math.max(1, Math.round(regraftMs / 1000)) ===
        node % Math.max(1, Math.round(regraftMs / 1000))
      if (isNew || isTurn) this.#graft(node)
    }
  }

  #graft(node: number): void {
    const { graph, inMesh } = this.#mesh.state
    for (let end = graph.first[node]!; end < graph.first[node + 1]!; end++) if (inMesh[end] === 0) this.#mesh.graft(end)
  }
}
