import type { ScenarioFile } from '@grapevine/sim/scenario-file'
import { CommandError } from '../../failure.ts'

/** Most processes: each takes about 110 MB, and half a second of a core to start. */
const nodesMax = 100

/** Refuses what real processes cannot be made to do. Errors `usage`, with the field; `no-lab`, where links are needed. */
export function refuseUnreal(file: ScenarioFile, noLab: string | undefined): void {
  const refuse = (field: string, why: string): never => {
    throw new CommandError(
      'usage',
      `${field}: ${why}`,
      'run it without --real; docs/simulation.md says what --real does',
    )
  }
  if (file.nodes > nodesMax) refuse('nodes', `${file.nodes} are too many processes; --real takes ${nodesMax}`)
  if (file.hostile.gossip + file.hostile.liars > 0) refuse('hostile', 'hostile nodes are there in the simulation only')
  if (file.workload.length + file.publishes.length === 0)
    refuse('workload', '--real measures messages, and nobody publishes any')
  for (const [index, { type }] of file.events.entries()) {
    if (type.startsWith('disk-')) refuse(`events[${index}]`, `${type} is there in the simulation only`)
    if (noLab !== undefined && (type === 'partition' || type === 'loss'))
      throw new CommandError('no-lab', `events[${index}]: ${type} takes links that can be cut, and ${noLab}`, labHint)
  }
}

const labHint = 'it takes Linux, root, /dev/net/tun, python3, ip, nsenter and unshare'

/** What of a scenario real processes pass over, in words. */
export function unmodelled(file: ScenarioFile, noLab: string | undefined): string[] {
  const { groups, parts, writes, links, invariants, mesh } = file
  const checked = new Set<string>(['once', 'delivered'])
  const others = Object.entries(invariants).flatMap(([name, is]) => (is === false || checked.has(name) ? [] : [name]))
  const { floodPublish, d } = mesh
  return [
    ...(noLab === undefined ? [] : [`latency, jitter and loss of links: ${noLab}, so all is on loopback`]),
    ...(groups.some(({ uplinkMbps, downlinkMbps }) => uplinkMbps + downlinkMbps > 0) ? ['uplinks and downlinks'] : []),
    ...(groups.some(({ clockSkewMs }) => clockSkewMs !== 0) ? ['clocks that differ'] : []),
    ...(writes.length > 0 || parts.includes('state') ? ['writes of state'] : []),
    ...(!floodPublish || d !== 6 ? ['rules of the mesh: nodes have their own'] : []),
    ...(noLab === undefined && links.jitterMs > 0 ? ['that jitter keeps the order: here it does not'] : []),
    ...(others.length > 0 ? [`invariants: ${others.join(', ')}`] : []),
  ]
}
