import { worldMap } from '../region.ts'
import { SimError } from '../error.ts'
import { Rng } from '../rng.ts'
import { checkValue } from './check-value.ts'
import type { LatencyChoice, ScenarioFile } from './scenario-file.ts'
import { scenarioSchema } from './scenario-schema.ts'
import { selectNodes } from './select.ts'

/**
 * A scenario from what its file holds, with all defaults. Throws `SimError` for the first fault, with the path of the
 * field: one that the schema has, or fields that do not go together.
 */
export function parseScenario(value: unknown): ScenarioFile {
  const scenario = checkValue(scenarioSchema, value, '') as GivenScenario
  const { $schema: _, ...given } = scenario
  const { d } = given.mesh
  const bounds = { dLow: Math.max(1, d - 1), dHigh: 2 * d }
  const file = { ...given, mesh: { ...bounds, ...given.mesh } }
  checkParts(file)
  checkMesh(file)
  checkPairs(file)
  checkGroups(file)
  checkLatency(file.links.latency)
  checkTimes(file)
  checkNames(file)
  return file
}

type GivenScenario = Omit<ScenarioFile, 'mesh'> & {
  readonly $schema?: string
  readonly mesh: Omit<ScenarioFile['mesh'], 'dLow' | 'dHigh'>
}

const conflict = (path: string, text: string): SimError => new SimError('scenario-conflict', path, text)

function checkParts({ parts, workload, publishes, writes, hostile, events, invariants }: ScenarioFile): void {
  const needs = (path: string, part: ScenarioFile['parts'][number], is: boolean): void => {
    if (is && !parts.includes(part)) throw conflict(path, `it needs the part ${part}`)
  }
  needs('parts', 'gossip', parts.includes('reconcile'))
  needs('parts', 'state', parts.includes('members'))
  needs('workload', 'gossip', workload.length > 0)
  needs('publishes', 'gossip', publishes.length > 0)
  needs('writes', 'state', writes.length > 0)
  needs('hostile.gossip', 'gossip', hostile.gossip > 0)
  needs('hostile.liars', 'reconcile', hostile.liars > 0)
  needs('invariants.membersWithinMs', 'members', invariants.membersWithinMs !== undefined)
  for (const [index, { type }] of events.entries()) needs(`events[${index}]`, 'reconcile', type.startsWith('disk-'))
}

function checkPairs({ nodes, connections: { kind, pairs } }: ScenarioFile): void {
  if (kind === 'given' && pairs === undefined) throw conflict('connections.pairs', 'kind given takes pairs')
  if (kind !== 'given' && pairs !== undefined) throw conflict('connections.pairs', `kind ${kind} takes none`)
  const known = new Set<number>()
  for (const [index, [from = 0, to = 0]] of pairs?.entries() ?? []) {
    const path = `connections.pairs[${index}]`
    const key = Math.min(from, to) * nodes + Math.max(from, to)
    if (Math.max(from, to) >= nodes) throw conflict(path, `the nodes are 0 to ${nodes - 1}`)
    if (from === to) throw conflict(path, `${from} is there twice`)
    if (known.has(key)) throw conflict(path, `${from} and ${to} are connected already`)
    known.add(key)
  }
}

function checkMesh({ mesh, nodes, connections }: ScenarioFile): void {
  if (mesh.dLow > mesh.d) throw conflict('mesh.dLow', `${mesh.dLow} is more than d, ${mesh.d}`)
  if (mesh.dHigh < mesh.d) throw conflict('mesh.dHigh', `${mesh.dHigh} is less than d, ${mesh.d}`)
  if (mesh.historyGossip > mesh.historyLength)
    throw conflict('mesh.historyGossip', `${mesh.historyGossip} is more than historyLength, ${mesh.historyLength}`)
  if (connections.kind === 'full' && nodes > 1000) throw conflict('connections.kind', 'full is for 1,000 nodes at most')
}

function checkGroups({ groups, links }: ScenarioFile): void {
  const share = groups.reduce((sum, group) => sum + group.share, 0)
  if (share > 1 + 1e-9) throw conflict('groups', `shares add up to ${share}, more than 1`)
  const regions = regionNames(links.latency)
  for (const [index, { name, region }] of groups.entries()) {
    const path = `groups[${index}]`
    if (groups.findIndex((other) => other.name === name) < index)
      throw conflict(`${path}.name`, `${name} is twice there`)
    if (/^(all|n\d+|random)$/.test(name)) throw conflict(`${path}.name`, `${name} means other nodes`)
    // What a file has is known when it is put in place.
    if (region === undefined || links.latency.law === 'file' || regions.includes(region)) continue
    throw conflict(`${path}.region`, `links.latency has no region ${region}; it has ${regions.join(', ') || 'none'}`)
  }
}

/** Names of the regions that a latency goes by. */
function regionNames(latency: LatencyChoice): readonly string[] {
  if (latency.law === 'world') return worldMap.regions.map(({ name }) => name)
  return latency.law === 'matrix' ? latency.regions.map(({ name }) => name) : []
}

function checkLatency(latency: LatencyChoice): void {
  const path = 'links.latency'
  if (latency.law === 'uniform' && latency.minMs > latency.maxMs)
    throw conflict(`${path}.minMs`, `${latency.minMs} is more than maxMs, ${latency.maxMs}`)
  if (latency.law !== 'matrix') return
  const { regions, ms } = latency
  const isSquare = ms.length === regions.length && ms.every((row) => row.length === regions.length)
  if (!isSquare) throw conflict(`${path}.ms`, `it takes ${regions.length} rows of ${regions.length} values`)
  if (regions.every(({ weight }) => weight === 0)) throw conflict(`${path}.regions`, 'all weights are 0')
}

function checkTimes({ events, workload, publishes, writes, nodes, durationMs }: ScenarioFile): void {
  const within = (path: string, ms: number | undefined, fromMs = 0): void => {
    if (ms === undefined || (ms >= fromMs && ms <= durationMs)) return
    throw conflict(path, `${ms} is not from ${fromMs} to durationMs, ${durationMs}`)
  }
  for (const [index, event] of events.entries()) {
    within(`events[${index}].atMs`, event.atMs)
    if (event.type === 'churn') within(`events[${index}].untilMs`, event.untilMs, event.atMs)
    if ('forMs' in event && event.forMs !== undefined) within(`events[${index}].forMs`, event.atMs + event.forMs)
  }
  for (const [index, { atMs, node }] of publishes.entries()) {
    within(`publishes[${index}].atMs`, atMs)
    if (node >= nodes) throw conflict(`publishes[${index}].node`, `the nodes are 0 to ${nodes - 1}`)
  }
  for (const [name, loads] of Object.entries({ workload, writes })) {
    for (const [index, { startMs, untilMs }] of loads.entries()) {
      within(`${name}[${index}].startMs`, startMs)
      within(`${name}[${index}].untilMs`, untilMs, startMs)
    }
  }
}

/** Who is named is there, whatever is drawn. */
function checkNames(file: ScenarioFile): void {
  const { events, workload, writes } = file
  const check = (text: string, path: string, isFixed = false): void =>
    void selectNodes(text, file, path, isFixed ? {} : { rng: new Rng(0) })
  for (const [index, event] of events.entries()) {
    const path = `events[${index}]`
    if ('nodes' in event) check(event.nodes, `${path}.nodes`, event.type === 'join')
    if (event.type === 'partition')
      for (const [at, text] of event.groups.entries()) check(text, `${path}.groups[${at}]`)
  }
  for (const [index, { publishers }] of workload.entries()) check(publishers, `workload[${index}].publishers`)
  for (const [index, { writers }] of writes.entries()) check(writers, `writes[${index}].writers`)
}
