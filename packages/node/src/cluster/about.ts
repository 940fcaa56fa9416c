import { encodeNodeRecord, nodeKey } from '@grapevine/protocol/member'
import { parseTcpAddress } from '../peer/tcp-address.ts'
import { version } from '../version.ts'
import type { ClusterHost } from './cluster-host.ts'

/** What a node says of itself as a member, at the moment of asking. */
export interface AboutOptions {
  readonly name: string | undefined
  /** Multiaddrs with or without peer id. */
  readonly addresses: () => readonly string[]
  readonly topics: () => readonly string[]
}

/** Between two looks, in ms. */
const lookMs = 1_000

/** Tells all members this node's name, version, addresses and topics, and again whenever they change. */
export function tellAbout(host: ClusterHost, { name = '', addresses, topics }: AboutOptions): void {
  let lookedAt = -Infinity
  let told = ''
  host.onTick(() => {
    const now = performance.now()
    if (now - lookedAt < lookMs) return
    lookedAt = now
    const held = topics()
    const said = { name, version, addresses: ranked(addresses()), topics: held.toSorted(), topicCount: held.length }
    const text = JSON.stringify(said)
    if (text === told) return
    told = text
    host.say(nodeKey, encodeNodeRecord(said))
  })
}

const scopes = ['public', 'name', 'local', 'loopback']

/** Without peer ids, what reaches furthest first. */
function ranked(addresses: readonly string[]): string[] {
  const parsed = addresses.flatMap((text) => parseTcpAddress(text) ?? [])
  const sorted = parsed.toSorted((a, b) => scopes.indexOf(a.scope) - scopes.indexOf(b.scope))
  return [...new Set(sorted.map(({ address }) => address))]
}
