/** Why a peer is known. Those of tickets (`bootstrap`) and of the user (`added`) are kept; what we `learned` comes and goes. */
export type Origin = 'bootstrap' | 'added' | 'learned'

/** An address of a peer, and how dialling it went. Times in wall ms since 1970. */
export interface KnownAddress {
  /** Without peer id. */
  readonly address: string
  readonly since: number
  /** Failed dials since the last that worked. */
  readonly failures: number
  readonly lastOk?: number
  readonly lastError?: string
}

/** A peer of the book. */
export interface KnownPeer {
  readonly peerId: string
  readonly origin: Origin
  /** The one to dial first comes first. */
  readonly addresses: readonly KnownAddress[]
  /** When it was last connected, wall ms; 0: never. */
  readonly seen: number
}

/** Bounds of the book. At about 1 KB a peer the file stays under 1 MB. */
export const bookBounds = { peers: 512, addresses: 8 } as const

/** An address is given up once it has failed this often in a row, and nothing was heard of it for this long. */
const dead = { failures: 8, ms: 86_400_000 } as const

/** The peers that a node knows and where, bounded. Times are arguments. */
export class AddressBook {
  /** With addresses in the order in which they came; {@link ranked} for whoever asks. */
  readonly #peers = new Map<string, KnownPeer>()
  /** Grows with each change that is worth keeping. */
  revision = 0

  constructor(peers: readonly KnownPeer[] = []) {
    for (const peer of peers.slice(0, bookBounds.peers)) this.#peers.set(peer.peerId, peer)
  }

  get(peerId: string): KnownPeer | undefined {
    const peer = this.#peers.get(peerId)
    return peer && ranked(peer)
  }

  list(): readonly KnownPeer[] {
    return [...this.#peers.values()].map(ranked)
  }

  /** Wants this peer for good. False if the book is full of such peers. */
  keep(peerId: string, address: string, origin: 'bootstrap' | 'added', now: number): boolean {
    const known = this.#peers.get(peerId)
    if (known === undefined && !this.#makeRoom()) return false
    const isFirst = known === undefined || known.origin === 'learned' || origin === 'added'
    const addresses = withAddress(known?.addresses ?? [], address, now)
    this.#put({ peerId, addresses, seen: known?.seen ?? 0, origin: isFirst ? origin : known.origin })
    return true
  }

  /** A connected peer told its addresses, which are clean: see `claimedAddresses`. */
  learn(peerId: string, addresses: readonly string[], now: number): void {
    const known = this.#peers.get(peerId)
    if (known === undefined && (addresses.length === 0 || !this.#makeRoom())) return
    let merged = known?.addresses ?? []
    for (const address of addresses.slice(0, bookBounds.addresses)) merged = withAddress(merged, address, now)
    this.#put({ peerId, origin: known?.origin ?? 'learned', addresses: merged, seen: now })
  }

  /** Somebody else told where a peer is, in clean addresses. */
  hear(peerId: string, addresses: readonly string[], now: number): void {
    const known = this.#peers.get(peerId)
    const isNews = addresses.some((address) => known?.addresses.every((one) => one.address !== address) ?? true)
    if (!isNews) return
    this.learn(peerId, addresses, now)
    this.#update(peerId, (peer) => ({ ...peer, seen: known?.seen ?? 0 }))
  }

  /** A dial of this address worked. */
  worked(peerId: string, address: string, now: number): void {
    this.#update(peerId, (peer) => {
      const { since } = peer.addresses.find((one) => one.address === address) ?? { since: now }
      const others = peer.addresses.filter((one) => one.address !== address)
      return { ...peer, seen: now, addresses: [{ address, since, failures: 0, lastOk: now }, ...others] }
    })
  }

  /** A dial of this address failed. Gives it up if it is dead, and with its last address a learned peer. */
  failed(peerId: string, address: string, error: string, now: number): void {
    this.#update(peerId, (peer) => {
      const counted = peer.addresses.map((one) =>
        one.address === address ? { ...one, failures: one.failures + 1, lastError: error } : one,
      )
      const alive = counted.filter((one) => !isDead(one, now))
      if (alive.length === 0 && peer.origin === 'learned') return undefined
      return { ...peer, addresses: alive.length > 0 ? alive : counted.toSorted(byUse).slice(0, 1) }
    })
  }

  /** The peer is connected at this moment. */
  sawPeer(peerId: string, now: number): void {
    this.#update(peerId, (peer) => ({ ...peer, seen: now }))
  }

  /** Whether there was such a peer. */
  forget(peerId: string): boolean {
    this.revision++
    return this.#peers.delete(peerId)
  }

  #update(peerId: string, change: (peer: KnownPeer) => KnownPeer | undefined): void {
    const peer = this.#peers.get(peerId)
    if (peer === undefined) return
    const changed = change(peer)
    if (changed === undefined) this.forget(peerId)
    else this.#put(changed)
  }

  #put(peer: KnownPeer): void {
    this.revision++
    this.#peers.set(peer.peerId, peer)
  }

  /**
   * Room for one more. Of the network that most learned peers are in goes the one not seen for longest: many peers of
   * one host must not drive out the others (research/security.md §3.4, rows 20 and 21).
   */
  #makeRoom(): boolean {
    if (this.#peers.size < bookBounds.peers) return true
    const groups = Map.groupBy(
      [...this.#peers.values()].filter(({ origin }) => origin === 'learned'),
      groupOf,
    )
    const largest = [...groups.values()].reduce((one, other) => (other.length > one.length ? other : one), [])
    const [first, ...rest] = largest
    return (
      first !== undefined &&
      this.forget(rest.reduce((one, other) => (other.seen < one.seen ? other : one), first).peerId)
    )
  }
}

/** Who may well be one and the same: IPv4 hosts by /24, IPv6 by /48, names by name. */
function groupOf({ addresses }: KnownPeer): string {
  const host = addresses[0]?.address.split('/')[2] ?? ''
  return host.includes(':') ? host.split(':').slice(0, 3).join(':') : host.replace(/\.\d+$/, '')
}

function withAddress(addresses: readonly KnownAddress[], address: string, now: number): readonly KnownAddress[] {
  if (addresses.some((one) => one.address === address)) return addresses
  const fresh = { address, since: now, failures: 0 }
  // What is new takes the place of what has failed most.
  const worst = addresses.length < bookBounds.addresses ? undefined : addresses.toSorted(byUse).at(-1)
  return [...addresses.filter((one) => one !== worst), fresh]
}

/** The peer with the addresses in the order in which to dial them. */
const ranked = (peer: KnownPeer): KnownPeer => ({ ...peer, addresses: peer.addresses.toSorted(byUse) })

/** Fewest failures first, then the last that worked; of equals the order in which they came stays. */
const byUse = (a: KnownAddress, b: KnownAddress): number => a.failures - b.failures || (b.lastOk ?? 0) - (a.lastOk ?? 0)

const isDead = ({ failures, lastOk, since }: KnownAddress, now: number): boolean =>
  failures >= dead.failures && now - Math.max(lastOk ?? 0, since) >= dead.ms
