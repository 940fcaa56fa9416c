import { concatBytes } from './bytes.ts'
import { decodeUtf8, encodeUtf8 } from './text.ts'
import { formatIp4, formatIp6, parseIp4, parseIp6 } from './ip.ts'
import { keyFromPeerId, peerIdFromKey } from './peer-id.ts'

/** An address of a ticket in parts; `host` is packed: 4 or 16 bytes of an IP, or a domain name in ASCII. */
export interface TicketAddress {
  readonly kind: AddressKind
  readonly host: Uint8Array
  readonly port: number
  /** Ed25519 public key, 32 bytes. */
  readonly peer: Uint8Array
}

/** The order is the number on the wire. */
const kinds = ['ip4', 'ip6', 'dns', 'dns4', 'dns6'] as const

type AddressKind = (typeof kinds)[number]

/** Head byte of a packed address: kind in the upper four bits, index of the peer in the lower four. Then the port. */
const hostOffset = 3

/** Longest packed address: a domain name has at most 253 characters. */
export const packedAddressMax: number = hostOffset + 253

/** Shortest packed address: a domain name of one character. */
export const packedAddressMin: number = hostOffset + 1

/** Parts of `/ip4|ip6|dns|dns4|dns6/HOST/tcp/PORT/p2p/12D3Koo…`; undefined for any other text. */
export function parseAddress(text: string): TicketAddress | undefined {
  const [root, kind, host, tcp, portText, p2p, peerId, ...rest] = text.split('/')
  if (root !== '' || tcp !== 'tcp' || p2p !== 'p2p' || peerId === undefined || rest.length > 0) return undefined
  const known = kinds.find((name) => name === kind)
  const packed = known === undefined ? undefined : packHost(known, host!)
  const peer = keyFromPeerId(peerId)
  if (known === undefined || packed === undefined || peer === undefined) return undefined
  if (!/^[1-9][0-9]{0,4}$/.test(portText!) || Number(portText) > 0xffff) return undefined
  return { kind: known, host: packed, port: Number(portText), peer }
}

/** The text of an address, an IPv6 host in the form of RFC 5952. */
export function formatAddress({ kind, host, port, peer }: TicketAddress): string {
  const name = kind === 'ip4' ? formatIp4(host) : kind === 'ip6' ? formatIp6(host) : decodeUtf8(host)
  return `/${kind}/${name}/tcp/${port}/p2p/${peerIdFromKey(peer)}`
}

/** Head byte, port in big-endian, host: 7 bytes for an IPv4 address, 19 for an IPv6 one. `peerIndex` is 0 to 15. */
export function packAddress({ kind, host, port }: TicketAddress, peerIndex: number): Uint8Array {
  return concatBytes(Uint8Array.of((kinds.indexOf(kind) << 4) | peerIndex, port >>> 8, port & 0xff), host)
}

/** Inverse of `packAddress`, with the index of its peer; undefined for bytes that it would not have written. */
export function unpackAddress(
  bytes: Uint8Array,
  peers: readonly Uint8Array[],
): { readonly address: TicketAddress; readonly peerIndex: number } | undefined {
  if (bytes.length < packedAddressMin) return undefined
  const kind = kinds[bytes[0]! >> 4]
  const peerIndex = bytes[0]! & 15
  const peer = peers[peerIndex]
  const port = (bytes[1]! << 8) | bytes[2]!
  const host = bytes.slice(hostOffset)
  if (kind === undefined || peer === undefined || port === 0 || !isPackedHost(kind, host)) return undefined
  return { address: { kind, host, port, peer }, peerIndex }
}

function packHost(kind: AddressKind, text: string): Uint8Array | undefined {
  if (kind === 'ip4') return parseIp4(text)
  if (kind === 'ip6') return parseIp6(text)
  return isDomainName(text) ? encodeUtf8(text) : undefined
}

function isPackedHost(kind: AddressKind, host: Uint8Array): boolean {
  if (kind === 'ip4') return host.length === 4
  if (kind === 'ip6') return host.length === 16
  const name = decodeUtf8(host)
  return name !== undefined && isDomainName(name)
}

/** Labels of letters, digits, `-` and `_` with single dots between; an underscore occurs in real DNS names. */
function isDomainName(text: string): boolean {
  return text.length <= 253 && /^[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*$/.test(text)
}
