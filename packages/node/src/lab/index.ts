/**
 * Real nodes on one machine: processes with homes of their own, and links between them that can be slow, lossy, narrow or
 * cut.
 *
 * @example
 * ```ts
 * await using lab = await Lab.open(2)
 * await lab.link({ delayMs: 40 })
 * await using fleet = await Fleet.open({ program: [process.execPath, main], nodes: 2, dials: [{ from: 0, to: 1 }], lab })
 * await fleet.join('chat')
 * ```
 */
export { Fleet, type FleetOptions } from './fleet.ts'
export type { FleetNode } from './fleet-node.ts'
export { passageOf, type Arrival, type Passage } from './passage.ts'
export { Lab, labMissing, type Link } from './lab.ts'
