import { join } from 'node:path'
import { keyFromPeerId } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { KnownAddress, KnownPeer } from '../peer/address-book.ts'
import { blocksMax, parseRange, type Blocks } from '../peer/block-list.ts'
import { parseTcpAddress } from '../peer/tcp-address.ts'
import { readJson, replaceFile } from './durable-file.ts'

const peersFile = (home: string): string => join(home, 'peers.json')
const blockedFile = (home: string): string => join(home, 'blocked.json')

/** The peers that a home remembers of a network, by its id in hex; none if it was in another. Error `home` if the file is damaged. */
export function readPeers(home: string, networkId: string): KnownPeer[] {
  const value = readJson(peersFile(home)) as { network?: unknown; peers?: unknown } | null | undefined
  if (value === undefined) return []
  if (!Array.isArray(value?.peers) || !value.peers.every(isKnownPeer)) throw damaged(peersFile(home))
  return value.network === networkId ? value.peers : []
}

/** On disk when this returns. */
export function writePeers(home: string, networkId: string, peers: readonly KnownPeer[]): void {
  replaceFile(peersFile(home), JSON.stringify({ network: networkId, peers }, undefined, 1) + '\n')
}

/** Whom a home keeps out. Error `home` if the file is damaged: to go on would let them in. */
export function readBlocks(home: string): Blocks {
  const value = readJson(blockedFile(home)) as Partial<Blocks> | null | undefined
  if (value === undefined) return { peers: [], ranges: [] }
  const isGood =
    value !== null &&
    isList(value.peers, isPeerId) &&
    isList(value.ranges, (range) => typeof range === 'string' && parseRange(range) === range) &&
    (value.only === undefined || isList(value.only, isPeerId))
  if (!isGood) throw damaged(blockedFile(home))
  return value as Blocks
}

/** On disk when this returns. */
export function writeBlocks(home: string, blocks: Blocks): void {
  replaceFile(blockedFile(home), JSON.stringify(blocks, undefined, 1) + '\n')
}

function isKnownPeer(value: unknown): value is KnownPeer {
  const peer = value as Partial<KnownPeer> | null
  return (
    isPeerId(peer?.peerId) &&
    ['bootstrap', 'added', 'learned'].includes(String(peer?.origin)) &&
    Number.isFinite(peer?.seen) &&
    isList(peer?.addresses, isKnownAddress)
  )
}

function isKnownAddress(value: unknown): boolean {
  const one = value as Partial<KnownAddress> | null
  const isDialable = typeof one?.address === 'string' && parseTcpAddress(one.address)?.address === one.address
  return isDialable && Number.isFinite(one.since) && Number.isSafeInteger(one.failures)
}

const isPeerId = (value: unknown): boolean => typeof value === 'string' && keyFromPeerId(value) !== undefined

const isList = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.length <= blocksMax && value.every(isItem)

const damaged = (path: string): NodeError =>
  new NodeError('home', `${path} is damaged`, 'restore it from a copy, or delete it')
