import { base32nopad } from '@scure/base'
import { concatBytes, equalBytes } from './bytes.ts'
import { argumentError, ProtocolError } from './error.ts'
import { sha256 } from './id.ts'
import { decodeUtf8, encodeUtf8 } from './text.ts'
import {
  formatAddress,
  packAddress,
  packedAddressMax,
  packedAddressMin,
  parseAddress,
  type TicketAddress,
  unpackAddress,
} from './ticket-address.ts'
import { bytesFieldSize, varintFieldSize, WireReader, WireWriter } from './wire.ts'

/** What a network speaks: Grapevine's envelopes, or the signed messages that go-libp2p-pubsub speaks by default. */
export type Dialect = 'grapevine' | 'pubsub'

/** All that a node needs to join a network. */
export interface Ticket {
  /** Network name, 1 to 64 of `[A-Za-z0-9._-]`. */
  readonly name: string
  /** 32 bytes. */
  readonly networkId: Uint8Array
  readonly dialect: Dialect
  /** At most `ticketAddressesMax` of `/ip4|ip6|dns|dns4|dns6/HOST/tcp/PORT/p2p/12D3Koo…`, best first. */
  readonly addresses: readonly string[]
  /** Secret of a private network (libp2p's pnet), 32 bytes. */
  readonly preSharedKey?: Uint8Array | undefined
}

/** Most addresses in a ticket, so that it stays short enough to paste. */
export const ticketAddressesMax = 8

const networkName = /^[A-Za-z0-9._-]{1,64}$/
const checksumSize = 4

/** Over the longest possible ticket: 8 packed addresses and 8 peers are 2,400 bytes, so 4,200 characters. */
const textLengthMax = 6000

/** Names' numbers on the wire; 0 is absent. */
const dialects: readonly Dialect[] = ['grapevine', 'pubsub']

const keyRange = { min: 32, max: 32 }
const nameRange = { min: 1, max: 64 }
const addressRange = { min: packedAddressMin, max: packedAddressMax }

/**
 * A ticket's text: `gv1`, or `gvs1` if and only if it holds a pre-shared key, then lower-case base32 (RFC 4648, no
 * padding) of payload ‖ first 4 bytes of SHA-256(prefix ‖ payload). The payload is canonical protobuf (wire.ts): name
 * 1, network id 2, dialect 3 (absent: grapevine, 1: pubsub), public keys of peers 4 in order of first use, addresses 5,
 * pre-shared key 6. An address is a byte (kind ip4 0, ip6 1, dns 2, dns4 3, dns6 4, times 16, plus index of its peer),
 * port (2 bytes, big-endian), host (4 bytes, 16 bytes, or ASCII). Equal tickets have equal texts; an IPv6 address comes
 * back in the form of RFC 5952. Throws `argument` if a field is not as `Ticket` says.
 */
export function encodeTicket(ticket: Ticket): string {
  checkTicket(ticket)
  const { peers, packed } = packAddresses(ticket.addresses)
  const name = encodeUtf8(ticket.name)
  const dialect = dialects.indexOf(ticket.dialect)
  const key = ticket.preSharedKey
  let size = bytesFieldSize(name.length) + bytesFieldSize(32) + varintFieldSize(dialect)
  size += peers.length * bytesFieldSize(32) + (key === undefined ? 0 : bytesFieldSize(32))
  for (const address of packed) size += bytesFieldSize(address.length)
  const writer = new WireWriter(size)
  writer.bytes(1, name)
  writer.bytes(2, ticket.networkId)
  writer.varint(3, dialect)
  for (const peer of peers) writer.bytes(4, peer)
  for (const address of packed) writer.bytes(5, address)
  if (key !== undefined) writer.bytes(6, key)
  const payload = writer.finish()
  const prefix = key === undefined ? 'gv1' : 'gvs1'
  return prefix + base32Text(concatBytes(payload, checksum(prefix, payload)))
}

/**
 * The ticket in a text, all lower-case or all upper-case. Throws `ticket-format` if it does not look like a ticket
 * (another prefix, a space or other foreign character inside) or its contents are outside the format,
 * `ticket-version` for a version other than 1, and `ticket-damaged` if the checksum differs, as it does after any
 * change of a character, swap or cut. White space around it is the caller's to remove.
 */
export function decodeTicket(text: string): Ticket {
  const lower = text.length > textLengthMax ? '' : text.toLowerCase()
  const match = /^(gvs?)([0-9])([a-z2-7]*)$/.exec(lower)
  if (match === null) throw formatError('not a ticket')
  const [, kind, version, body] = match
  if (version !== '1') {
    throw new ProtocolError('ticket-version', `ticket version ${version} is not known`, { version: Number(version) })
  }
  if (text !== lower && text !== text.toUpperCase()) throw damagedError()
  const prefix = `${kind!}1`
  const bytes = base32Bytes(body!)
  if (bytes === undefined || bytes.length <= checksumSize) throw damagedError()
  const payload = bytes.subarray(0, -checksumSize)
  if (!equalBytes(checksum(prefix, payload), bytes.subarray(-checksumSize))) throw damagedError()
  return decodePayload(payload, prefix === 'gvs1')
}

function decodePayload(payload: Uint8Array, secret: boolean): Ticket {
  const reader = new WireReader(payload)
  const nameBytes = reader.bytes(1, nameRange)
  const networkId = reader.bytes(2, keyRange)
  const dialect = dialects[reader.varint(3)]
  const peers = reader.repeated(4, keyRange, ticketAddressesMax)
  const packed = reader.repeated(5, addressRange, ticketAddressesMax)
  const preSharedKey = reader.bytes(6, keyRange)
  if (!reader.end()) throw formatError(`field ${reader.errorField}: ${reader.error}`)
  const name = nameBytes === undefined ? undefined : decodeUtf8(nameBytes)
  if (name === undefined || !networkName.test(name)) throw formatError('network name')
  if (networkId === undefined) throw formatError('network id')
  if (dialect === undefined) throw formatError('dialect')
  if ((preSharedKey !== undefined) !== secret) throw formatError('pre-shared key')
  const addresses = unpackAddresses(peers, packed)
  // Copies, so that a ticket that lives on does not keep the secret beside its public parts.
  const open: Ticket = { name, networkId: networkId.slice(), dialect, addresses }
  return preSharedKey === undefined ? open : { ...open, preSharedKey: preSharedKey.slice() }
}

function packAddresses(addresses: readonly string[]): { peers: Uint8Array[]; packed: Uint8Array[] } {
  const peers: Uint8Array[] = []
  const packed: Uint8Array[] = []
  for (const text of addresses) {
    const address = parseAddress(text)
    if (address === undefined) throw argumentError('addresses', '/ip4|ip6|dns…/HOST/tcp/PORT/p2p/PEER', text)
    packed.push(packAddress(address, peerIndexOf(address, peers)))
  }
  return { peers, packed }
}

/** Index of the address's peer, appended to `peers` on first use. */
function peerIndexOf(address: TicketAddress, peers: Uint8Array[]): number {
  const index = peers.findIndex((peer) => equalBytes(peer, address.peer))
  return index >= 0 ? index : peers.push(address.peer) - 1
}

function unpackAddresses(peers: readonly Uint8Array[], packed: readonly Uint8Array[]): string[] {
  const used: Uint8Array[] = []
  const addresses: string[] = []
  for (const bytes of packed) {
    const unpacked = unpackAddress(bytes, peers)
    // Comparing with the index that the encoder would have given holds peers to order of first use, without repeats.
    if (unpacked === undefined || peerIndexOf(unpacked.address, used) !== unpacked.peerIndex)
      throw formatError('address')
    addresses.push(formatAddress(unpacked.address))
  }
  if (used.length !== peers.length) throw formatError('peers')
  return addresses
}

function checkTicket({ name, networkId, dialect, addresses, preSharedKey }: Ticket): void {
  if (!networkName.test(name)) throw argumentError('name', '1 to 64 of [A-Za-z0-9._-]', name)
  if (networkId.length !== 32) throw argumentError('networkId', '32 bytes', `${networkId.length} bytes`)
  if (!dialects.includes(dialect)) throw argumentError('dialect', dialects.join(' or '), dialect)
  if (addresses.length > ticketAddressesMax) {
    throw argumentError('addresses', `at most ${ticketAddressesMax}`, addresses.length)
  }
  if (preSharedKey !== undefined && preSharedKey.length !== 32) {
    throw argumentError('preSharedKey', '32 bytes', `${preSharedKey.length} bytes`)
  }
}

function checksum(prefix: string, payload: Uint8Array): Uint8Array {
  return sha256(concatBytes(encodeUtf8(prefix), payload)).subarray(0, checksumSize)
}

function base32Text(bytes: Uint8Array): string {
  return base32nopad.encode(bytes).toLowerCase()
}

/** Undefined for a length that no bytes have, or if the unused bits of the last character are not zero. */
function base32Bytes(text: string): Uint8Array | undefined {
  try {
    return base32nopad.decode(text.toUpperCase())
  } catch {
    return undefined
  }
}

function damagedError(): ProtocolError {
  return new ProtocolError('ticket-damaged', 'ticket is damaged (checksum)')
}

function formatError(detail: string): ProtocolError {
  return new ProtocolError('ticket-format', `ticket format: ${detail}`, { detail })
}
