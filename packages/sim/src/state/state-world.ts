import { encodeUtf8, keyOf, type Millis, type Sha256, sha256 as plainSha256 } from '@grapevine/protocol'
import type { MemberOptions } from '@grapevine/protocol/member'
import { type OwnerState, type RoundOptions, rootOf } from '@grapevine/protocol/state'
import type { LinkOptions } from '../link.ts'
import { type HostId, World } from '../world.ts'
import { StateHost, type StateNetwork, type StateRole } from './state-host.ts'

/** Options of {@link stateWorld}. */
export interface StateWorldOptions {
  readonly nodes: number
  readonly seed: number
  readonly link: LinkOptions
  readonly role?: StateRole
  /** Owners of whom all hosts know, and who are not simulated themselves. Default 0. */
  readonly others?: number
  readonly rounds?: Partial<RoundOptions>
  readonly members?: Partial<MemberOptions>
  /** A faster SHA-256 than the built-in one. */
  readonly sha256?: Sha256
  readonly onMember?: NonNullable<StateNetwork['onMember']>
  readonly onState?: NonNullable<StateNetwork['onState']>
}

/** Bytes that a frame takes beside its own: length 3, Noise 18, yamux 12, TCP and IPv4 40. */
export const overheadBytes = 73

/** What was sent, over all hosts. */
export interface Traffic {
  frames: number
  /** With what carries them. */
  bytes: number
}

/** A network of nodes that all know each other, at rest, with what they have sent. Host names are `n0` and so on. */
export function stateWorld(options: StateWorldOptions): {
  readonly world: World<Uint8Array, StateHost>
  readonly names: readonly HostId[]
  readonly traffic: Traffic
} {
  const { nodes, seed, link, role = 'member', others = 0, sha256 = plainSha256 } = options
  const names = Array.from({ length: nodes }, (_, index) => `n${index}`)
  const owners = new Map(names.map((name) => [name, sha256(encodeUtf8(`owner ${name}`))]))
  const hosts = new Map([...owners].map(([name, owner]) => [keyOf(owner), name]))
  const traffic = { frames: 0, bytes: 0 }
  const network: StateNetwork = {
    ...options,
    networkId: sha256(encodeUtf8('state')),
    sha256,
    ownerOf: (host) => owners.get(host)!,
    strangers: [...owners.values()].map((owner) => stranger(owner, sha256)),
    hostOf: (owner) => hosts.get(keyOf(owner)) ?? keyOf(owner),
    // One list for all: a host that is drawn as its own partner sends to itself, which costs a round in n.
    linksOf: () => names,
  }
  const world = new World<Uint8Array, StateHost>({
    seed,
    link,
    onEvent: (event) => {
      if (event.type !== 'sent') return
      traffic.frames++
      traffic.bytes += event.payload.length + overheadBytes
    },
  })
  for (const name of names) world.add(name, (port, now) => new StateHost(network, port, now, role))
  if (others > 0) {
    const states = Array.from({ length: others }, (_, index) => stranger(sha256(encodeUtf8(`other ${index}`)), sha256))
    for (const name of names) world.act(name, (host, now) => host.learn(states, now))
  }
  if (role !== 'member') return { world, names, traffic }
  for (const name of names) world.act(name, (host, now) => host.meet(now))
  const states = names.map((name) => world.actor(name)!.replica.stateOf(owners.get(name)!)!)
  for (const [index, name] of names.entries()) {
    world.act(name, (host, now) =>
      host.learn(
        states.filter((_, at) => at !== index),
        now,
      ),
    )
  }
  return { world, names, traffic }
}

/** Of the first epoch, in which no host lives: whatever it says replaces this. */
function stranger(owner: Uint8Array, sha256: Sha256): OwnerState {
  const order = { owner, epoch: 1, version: 1, floor: 0 }
  const head = { ...order, count: 0, root: rootOf(order, [], sha256), signature: new Uint8Array(64) }
  return { head, entries: [], bytes: 0 }
}

/** The value at this part of a list, 0 to 1; NaN of none. */
export function quantile(values: readonly Millis[], part: number): Millis {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}
