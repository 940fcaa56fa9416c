import { hash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, toHex, type Dialect, type NetworkView } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import { readJson, replaceFile } from './durable-file.ts'

/** The network of a home, with its secret. */
export interface Network {
  readonly name: string
  /** 32 bytes. */
  readonly id: Uint8Array
  readonly dialect: Dialect
  /** Multiaddrs with peer id, from the ticket. */
  readonly bootstrap: readonly string[]
  /** 32 bytes; a secret. */
  readonly preSharedKey?: Uint8Array
}

/**
 * The id of a network of dialect `pubsub`: nothing in it needs one but this home, which tells networks apart by it. SHA-256
 * of "grapevine-pubsub-network/1" ‖ 0 ‖ name.
 */
export const pubsubNetworkId = (name: string): Uint8Array =>
  new Uint8Array(hash('sha256', `grapevine-pubsub-network/1\0${name}`, 'buffer'))

const networkFile = (home: string): string => join(home, 'network.json')

/** What the file should hold; a person may have edited it. */
interface NetworkFile {
  readonly name: string
  readonly id: string
  readonly dialect: Dialect
  readonly bootstrap: readonly string[]
  readonly preSharedKey?: string
}

const nothing = new Uint8Array()

const hexOf = (value: unknown): Uint8Array | undefined => (typeof value === 'string' ? fromHex(value) : undefined)

export function loadNetwork(home: string): Network | undefined {
  const file = readJson(networkFile(home)) as NetworkFile | undefined
  if (file === undefined) return undefined
  const id = hexOf((file as NetworkFile | null)?.id)
  // A key that cannot be read must never turn a private network into a public one.
  const preSharedKey = file?.preSharedKey === undefined ? undefined : (hexOf(file.preSharedKey) ?? nothing)
  const isWhole =
    id?.length === 32 &&
    typeof file.name === 'string' &&
    (file.dialect === 'grapevine' || file.dialect === 'pubsub') &&
    Array.isArray(file.bootstrap) &&
    file.bootstrap.every((address) => typeof address === 'string') &&
    (preSharedKey === undefined || preSharedKey.length === 32)
  if (!isWhole) {
    throw new NodeError('home', `${networkFile(home)} is damaged`, 'delete it and join again with a ticket')
  }
  return {
    name: file.name,
    id,
    dialect: file.dialect,
    bootstrap: file.bootstrap,
    ...(preSharedKey && { preSharedKey }),
  }
}

export function saveNetwork(home: string, network: Network): void {
  const file: NetworkFile = {
    name: network.name,
    id: toHex(network.id),
    dialect: network.dialect,
    bootstrap: network.bootstrap,
    ...(network.preSharedKey && { preSharedKey: toHex(network.preSharedKey) }),
  }
  replaceFile(networkFile(home), JSON.stringify(file, undefined, 2) + '\n')
}

/** Takes a peer out of those that the network is joined by. Whether it was among them. */
export function forgetBootstrap(home: string, peerId: string): boolean {
  const network = loadNetwork(home)
  const bootstrap = network?.bootstrap.filter((address) => !address.endsWith(`/p2p/${peerId}`)) ?? []
  if (network === undefined || bootstrap.length === network.bootstrap.length) return false
  saveNetwork(home, { ...network, bootstrap })
  return true
}

export function forgetNetwork(home: string): void {
  rmSync(networkFile(home), { force: true })
}

export const networkView = (network: Network): NetworkView => ({
  name: network.name,
  id: toHex(network.id),
  dialect: network.dialect,
  private: network.preSharedKey !== undefined,
  bootstrap: network.bootstrap,
})
