import { BlockList, isIPv4, isIPv6 } from 'node:net'

/** How far an address reaches: this machine, its local networks, the whole world; a name may mean any of them. */
export type Scope = 'loopback' | 'local' | 'public' | 'name'

/** A multiaddr on TCP in parts. */
export interface TcpAddress {
  /** Without peer id: `/ip4/192.0.2.7/tcp/4100`. */
  readonly address: string
  readonly host: string
  readonly scope: Scope
  readonly peerId?: string
}

/** Addresses that a peer may tell of itself and that are looked at; the rest is not read (research/security.md §3.4, 19). */
const claimedMax = 16

const local = ranges(
  // RFC 1918, RFC 6598 (carriers), RFC 4193 (unique local).
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['fc00::', 7],
)
const loopback = ranges(['127.0.0.0', 8], ['::1', 128])
/** Nobody's address: unspecified, link-local (needs a zone), multicast and reserved, and IPv4 in disguise (NAT64). */
const undialable = ranges(
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 3],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  ['64:ff9b::', 96],
)

/** Parts of `/ip4|ip6|dns|dns4|dns6/HOST/tcp/PORT[/p2p/ID]`; undefined for any other text, and for what nobody can dial. */
export function parseTcpAddress(text: string): TcpAddress | undefined {
  if (text.length > 400) return undefined
  const [root, kind, host = '', tcp, port = '', p2p, peerId, ...rest] = text.split('/')
  if (root !== '' || tcp !== 'tcp' || !/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535 || rest.length > 0)
    return undefined
  if (p2p !== undefined && (p2p !== 'p2p' || peerId === undefined)) return undefined
  const scope = kind === 'ip4' || kind === 'ip6' ? scopeOfIp(host, kind) : nameScope(kind, host)
  if (scope === undefined) return undefined
  return { address: `/${kind}/${host}/tcp/${port}`, host, scope, ...(peerId !== undefined && { peerId }) }
}

/**
 * The addresses worth keeping of those that a peer says it listens on. `via` is the address that its connection came
 * from or went to: who reached us over the Internet must not make us dial our own machine or network, so private
 * addresses and loopback count only over a connection that is as near. Names count over the Internet only.
 */
export function claimedAddresses(claimed: readonly string[], via: string, peerId: string): string[] {
  const near = parseTcpAddress(via)?.scope
  const kept = new Set<string>()
  for (const text of claimed.slice(0, claimedMax)) {
    const parsed = parseTcpAddress(text)
    if (parsed === undefined || (parsed.peerId !== undefined && parsed.peerId !== peerId)) continue
    const isNear =
      parsed.scope === 'public' ||
      (parsed.scope === 'name' && (near === 'public' || near === 'name')) ||
      (parsed.scope === 'local' && (near === 'local' || near === 'loopback')) ||
      (parsed.scope === 'loopback' && near === 'loopback')
    if (isNear) kept.add(parsed.address)
  }
  return [...kept]
}

/** How far an IP reaches; undefined for one that nobody can dial. */
export function scopeOfIp(host: string, kind: 'ip4' | 'ip6'): Scope | undefined {
  if (kind === 'ip4' ? !isIPv4(host) : !isIPv6(host) || host.includes('%')) return undefined
  const family = kind === 'ip4' ? 'ipv4' : 'ipv6'
  // BlockList looks at an IPv4-mapped IPv6 address as IPv4.
  if (undialable.check(host, family)) return undefined
  if (loopback.check(host, family)) return 'loopback'
  return local.check(host, family) ? 'local' : 'public'
}

function nameScope(kind: string | undefined, host: string): Scope | undefined {
  if (kind !== 'dns' && kind !== 'dns4' && kind !== 'dns6') return undefined
  return host.length <= 253 && /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/.test(host) ? 'name' : undefined
}

function ranges(...subnets: readonly (readonly [ip: string, bits: number])[]): BlockList {
  const list = new BlockList()
  for (const [ip, bits] of subnets) list.addSubnet(ip, bits, isIPv4(ip) ? 'ipv4' : 'ipv6')
  return list
}
