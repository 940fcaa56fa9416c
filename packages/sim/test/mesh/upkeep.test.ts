import { expect, test } from 'vitest'
import { Draws } from '../../src/draws.ts'
import { Rng } from '../../src/index.ts'
import { meshOfDials, type Dial } from '../../src/mesh/graph.ts'
import { Mesh } from '../../src/mesh/mesh.ts'
import { meshNetwork, meshRules, type MeshRules } from '../../src/mesh/option.ts'
import { scorePresets } from '../../src/mesh/preset.ts'
import { Scores, type ScoreRules } from '../../src/mesh/score.ts'
import { MeshState } from '../../src/mesh/state.ts'

function meshOf(nodes: number, dials: readonly Dial[], rules: Partial<MeshRules> = {}, score?: ScoreRules): Mesh {
  const graph = meshOfDials(nodes, dials)
  const scores = score && new Scores(score, new Uint16Array(graph.twin.length).fill(1))
  const network = { ...meshNetwork, latency: { law: 'constant', ms: 5 } } as const
  return new Mesh(
    new MeshState({ graph, rules: { ...meshRules, ...rules }, network, draws: new Draws(new Rng(1)), scores }),
  )
}

/** All dial node 0, or node 0 dials all. */
const star = (leaves: number, isDialled: boolean): Dial[] =>
  Array.from({ length: leaves }, (_, leaf) => (isDialled ? { from: leaf + 1, to: 0 } : { from: 0, to: leaf + 1 }))

test('a full node refuses those that called it, and takes those that it called', () => {
  const [called = 0, calling = 0] = [true, false].map((isDialled) => {
    const mesh = meshOf(40, star(39, isDialled))
    let most = 0
    // Each of the others has nobody else, and grafts it in its first heartbeat; its own prunes.
    for (let now = 1; now < 1000; now++) {
      mesh.run(now)
      most = Math.max(most, mesh.state.meshSize[0]!)
    }
    return most
  })
  expect(called).toBe(meshRules.dHigh)
  expect(calling).toBeGreaterThan(meshRules.dHigh)
})

test('who was pruned stays away until the backoff is over', () => {
  const mesh = meshOf(40, star(39, true), { pruneBackoffMs: 20_000 })
  const { state } = mesh
  mesh.run(2000)
  const grafts = state.sent[4]!
  expect(grafts).toBeGreaterThan(0)
  mesh.run(19_000)
  expect(state.sent[4]).toBe(grafts)
  mesh.run(25_000)
  expect(state.sent[4]).toBeGreaterThan(grafts)
})

test('a mesh that grew too large is pruned to D, with the outbound ones that the rules want among them', () => {
  // 20 that it called, all of which came in; 5 that called it.
  const dials = [...star(20, false), ...Array.from({ length: 5 }, (_, index) => ({ from: 21 + index, to: 0 }))]
  const mesh = meshOf(26, dials, { dScore: 0, dOut: 3 })
  for (let end = 0; end < 25; end++) {
    mesh.state.join(end)
    mesh.state.join(mesh.state.graph.twin[end]!)
  }
  mesh.run(1001)
  const { inMesh, graph, meshSize } = mesh.state
  expect(meshSize[0]).toBe(meshRules.d)
  let outbound = 0
  for (let end = 0; end < 25; end++) outbound += inMesh[end]! & graph.isOutbound[end]!
  expect(outbound).toBeGreaterThanOrEqual(3)
})

test('both sides of a connection agree whether it is in the mesh', () => {
  const draws = new Draws(new Rng(3))
  const dials: Dial[] = []
  for (let from = 0; from < 60; from++)
    for (let to = from + 1; to < 60; to++) if (draws.chance(0.3)) dials.push({ from, to })
  const mesh = meshOf(60, dials)
  mesh.run(5500)
  const { inMesh, graph } = mesh.state
  for (let end = 0; end < inMesh.length; end++) expect(inMesh[end]).toBe(inMesh[graph.twin[end]!])
})

test('a node whose mesh is poor grafts better peers, every so many heartbeats', () => {
  const score = { ...scorePresets.grapevine, opportunisticGraftThreshold: 5 }
  const grown = [0, 3].map((opportunisticGraftTicks) => {
    const mesh = meshOf(
      20,
      star(19, false),
      { d: 3, dLow: 2, dHigh: 12, dScore: 1, dOut: 0, opportunisticGraftTicks },
      score,
    )
    const { state } = mesh
    // The others do nothing: what node 0 has in its mesh is its own doing.
    for (let node = 1; node < 20; node++) state.roles[node] = 2
    mesh.run(2000)
    // Those beyond the mesh deliver, those in it do not.
    for (let end = 0; end < 19; end++) {
      if (state.inMesh[end] === 0) for (let count = 0; count < 40; count++) state.scores!.delivered(end)
    }
    const before = state.meshSize[0]!
    mesh.run(6000)
    return state.meshSize[0]! - before
  })
  expect(grown[0]).toBe(0)
  expect(grown[1]).toBeGreaterThanOrEqual(2)
})

test('a graft before its time costs score, and too many of them are not heard any more', () => {
  const mesh = meshOf(2, star(1, true), { heartbeatMs: 1000 }, scorePresets.stock)
  const { state } = mesh
  state.roles[1] = 2
  mesh.run(1500)
  const end = 0
  state.backoffUntil[end] = 100_000
  state.leave(end)
  for (let graft = 0; graft < 20; graft++) state.send(1, 4, 0)
  mesh.run(2600)
  expect(state.inMesh[end]).toBe(0)
  expect(state.scores!.of(end)).toBeLessThan(scorePresets.stock.graylistThreshold)
})
