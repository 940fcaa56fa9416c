import type { StatusView } from '@grapevine/protocol/control'
import { mainAddress } from './address.ts'
import { safe } from './safe.ts'

/** What is said once a node is ready: `network demo, node …Qm7xKd ready on 192.168.1.5:41873`. */
export function readyLine(status: StatusView): string {
  const address = mainAddress(status.addresses)
  const place = address === undefined ? 'ready, but it listens nowhere' : `ready on ${safe(address)}`
  return `network ${safe(status.network.name)}, node ${status.short} ${place}`
}
