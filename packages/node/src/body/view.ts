import type { CountersView, Snapshot } from '@grapevine/protocol'
import type { Network } from '../home/network.ts'
import type { BodyHost } from './body-host.ts'

/** What a node has to do with bodies, as `status` shows it; nothing in a network that has none. */
export function viewBodies(
  { dialect }: Network,
  { bodies, memory }: { readonly bodies: BodyHost; readonly memory: { snapshot(): Snapshot } },
): Pick<CountersView, 'bodies'> {
  if (dialect === 'pubsub') return {}
  const { awaiting: waiting, bodyBytes, lateChunks: late } = memory.snapshot()
  return { bodies: { waiting, memory: bodyBytes, late, ...bodies.counts } }
}
