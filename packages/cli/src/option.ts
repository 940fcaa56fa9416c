import { isIPv4, isIPv6 } from 'node:net'
import { InvalidArgumentError } from '@commander-js/extra-typings'
import { parseDuration } from './duration.ts'
import { parseSize } from './size.ts'

/** Parser of an option that takes a whole number within a range. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It takes a whole number from ${min} to ${max}.`)
  }
}

/** Parser of an option that takes a number within a range, a fraction or whole. */
export function between(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{0,15}\.?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It takes a number from ${min} to ${max}.`)
  }
}

/** Parser of an option that takes a duration; the value is in ms. */
export function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return ms
  throw new InvalidArgumentError('It takes a duration such as 40 (seconds), 250ms, 5s or 1h.')
}

/** Parser of an option that takes a multiaddr and may be given more than once; the value is the list. */
export function multiaddrs(text: string, before: readonly string[] | undefined): readonly string[] {
  const [root, kind, host = '', tcp, port = '', ...rest] = text.split('/')
  const isHost =
    kind === 'ip4' ? isIPv4(host) : kind === 'ip6' ? isIPv6(host) : /^dns[46]?$/.test(kind ?? '') && host !== ''
  const isPort = tcp === 'tcp' && /^\d{1,5}$/.test(port) && Number(port) <= 65_535
  const isEnd = rest.length === 0 || (rest.length === 2 && rest[0] === 'p2p' && rest[1] !== '')
  if (root === '' && isHost && isPort && isEnd) return [...(before ?? []), text]
  throw new InvalidArgumentError(
    'It takes a multiaddr such as /ip4/192.168.1.5/tcp/4100 or /dns4/example.org/tcp/4100.',
  )
}

/** Parser of an option that takes a loopback address and a port, as the option api.tcp does. */
export function endpoint(text: string): string {
  const port = Number(/^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\]):(\d{1,5})$/.exec(text)?.[1])
  if (port >= 1 && port <= 65_535) return text
  throw new InvalidArgumentError('It takes a loopback address and a port, such as 127.0.0.1:4180.')
}

/** Parser of an option that takes a size, 1 MiB or more; the value is in bytes. */
export function size(text: string): number {
  const bytes = parseSize(text)
  if (bytes !== undefined && bytes >= 1 << 20) return bytes
  throw new InvalidArgumentError('It takes a size such as 64MiB or 1GB, at least 1MiB.')
}

/** Parser of an option that takes any text but none: an unset variable of a shell is more often a mistake than meant. */
export function nonEmpty(text: string): string {
  if (text !== '') return text
  throw new InvalidArgumentError('It is empty.')
}

/** Parser of a name for a network. */
export const networkName = (text: string): string => nodeName(text)

/** Parser of a name for a node, as `init --name` takes it. */
export function nodeName(text: string): string {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text
  throw new InvalidArgumentError('It takes 1 to 64 of A-Z a-z 0-9 . _ -')
}

/** Parser of an option that takes a number of peers, or peers by name with commas between them. */
export function receipts(text: string): number | readonly string[] {
  if (/^\d{1,2}$/.test(text)) {
    const count = Number(text)
    if (count >= 1 && count <= 64) return count
    throw new InvalidArgumentError('It takes 1 to 64 peers.')
  }
  const peers = text.split(',')
  if (peers.every((peer) => peer !== '') && peers.length <= 64) return peers
  throw new InvalidArgumentError('It takes a number of peers, or at most 64 peers with commas between them.')
}

/** Parser of the name of a consumer. */
export function consumerName(text: string): string {
  if (/^[A-Za-z0-9._-]{1,64}$/.test(text)) return text
  throw new InvalidArgumentError('It takes 1 to 64 of A-Z a-z 0-9 . _ -')
}

const statuses = ['alive', 'suspect', 'failed', 'left'] as const

/** Parser of an option that takes statuses of members with commas between them. */
export function memberStatuses(text: string): readonly (typeof statuses)[number][] {
  const wanted = text.split(',').map((part) => statuses.find((status) => status === part))
  const known = wanted.filter((status) => status !== undefined)
  if (known.length === wanted.length && new Set(known).size === known.length) return known
  throw new InvalidArgumentError(`It takes ${statuses.join(', ')}, or several with commas between them.`)
}

/** Parser of an option that takes a filter on tags and may be given more than once; the value is the list. */
export function tags(text: string, before: readonly string[] | undefined): readonly string[] {
  if (text !== '' && !text.startsWith('=') && text.length <= 513) return [...(before ?? []), text]
  throw new InvalidArgumentError('It takes KEY, KEY=VALUE or KEY=GLOB.')
}
