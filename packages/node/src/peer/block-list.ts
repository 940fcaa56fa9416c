import { BlockList as Ranges, isIPv4, isIPv6 } from 'node:net'

/** Who is kept out, as a home remembers it. */
export interface Blocks {
  /** Peer ids. */
  readonly peers: readonly string[]
  /** IPs, and ranges such as `192.0.2.0/24`. */
  readonly ranges: readonly string[]
  /** If present, only these peers are let in. */
  readonly only?: readonly string[]
}

/** Entries of each kind at most. */
export const blocksMax = 4_096

/** Decides whom this node talks to at all. */
export class BlockList {
  readonly #peers: Set<string>
  readonly #ranges: Set<string>
  #only: Set<string> | undefined
  /** Peers that are shut out for a while, and until when, on the clock of `performance.now`; not remembered. */
  readonly #shutOut = new Map<string, number>()
  #index: Ranges

  constructor({ peers, ranges, only }: Blocks = { peers: [], ranges: [] }) {
    this.#peers = new Set(peers)
    this.#ranges = new Set(ranges)
    this.#only = only && new Set(only)
    this.#index = indexOf(this.#ranges)
  }

  view(): Blocks {
    const only = this.#only && { only: [...this.#only] }
    return { peers: [...this.#peers], ranges: [...this.#ranges], ...only }
  }

  refusesPeer(peerId: string): boolean {
    return this.#peers.has(peerId) || this.#only?.has(peerId) === false || this.#isShutOut(peerId)
  }

  /** Keeps a peer out for a while, for what it did. */
  shutOut(peerId: string, forMs: number): void {
    this.#shutOut.delete(peerId)
    this.#shutOut.set(peerId, performance.now() + forMs)
    if (this.#shutOut.size > blocksMax) {
      for (const oldest of this.#shutOut.keys()) {
        this.#shutOut.delete(oldest)
        break
      }
    }
  }

  #isShutOut(peerId: string): boolean {
    const until = this.#shutOut.get(peerId)
    if (until === undefined || performance.now() < until) return until !== undefined
    this.#shutOut.delete(peerId)
    return false
  }

  /** Of an IP; anything else is not refused. */
  refusesHost(host: string): boolean {
    const family = isIPv4(host) ? 'ipv4' : isIPv6(host) ? 'ipv6' : undefined
    return family !== undefined && this.#ranges.size > 0 && this.#index.check(host.replace(/%.*$/, ''), family)
  }

  /** False if the list is full. */
  blockPeer(peerId: string): boolean {
    if (this.#peers.size >= blocksMax && !this.#peers.has(peerId)) return false
    this.#peers.add(peerId)
    return true
  }

  /** Takes a range as {@link parseRange} gives it. False if the list is full. */
  blockRange(range: string): boolean {
    if (this.#ranges.size >= blocksMax && !this.#ranges.has(range)) return false
    this.#ranges.add(range)
    this.#index = indexOf(this.#ranges)
    return true
  }

  /** Whether it was blocked. */
  unblock(target: string): boolean {
    const wasBlocked = this.#peers.delete(target) || this.#ranges.delete(target)
    this.#index = indexOf(this.#ranges)
    return wasBlocked
  }

  /** From now on only these and those named before are let in; undefined: everyone who is not blocked. */
  allowOnly(peers: readonly string[] | undefined): void {
    this.#only = peers && new Set([...(this.#only ?? []), ...peers].slice(-blocksMax))
  }
}

/** An IP or a range in one spelling of it: an address of a single host has no `/32` or `/128`; undefined for any other text. */
export function parseRange(text: string): string | undefined {
  const [ip = '', bits, ...rest] = text.split('/')
  const width = isIPv4(ip) ? 32 : isIPv6(ip) && !ip.includes('%') ? 128 : 0
  if (width === 0 || rest.length > 0) return undefined
  if (bits !== undefined && (!/^(0|[1-9]\d{0,2})$/.test(bits) || Number(bits) > width)) return undefined
  // A URL spells an IPv6 host as RFC 5952 does.
  const host = width === 32 ? ip : new URL(`http://[${ip}]`).hostname.slice(1, -1)
  return bits === undefined || Number(bits) === width ? host : `${host}/${bits}`
}

function indexOf(ranges: ReadonlySet<string>): Ranges {
  const index = new Ranges()
  for (const range of ranges) {
    const [ip = '', bits] = range.split('/')
    const family = isIPv4(ip) ? 'ipv4' : 'ipv6'
    index.addSubnet(ip, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family)
  }
  return index
}
