import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'
import { NodeError } from '../error.ts'
import { nearest } from './nearest.ts'
import { optionNames, options, type Config, type OptionName, type OptionType } from './option.ts'

/** Whose mistake a wrong name or value is: that of the configuration, or of the one who just typed it. */
type Blame = 'config' | 'usage'

/** The option of a name. Error `config` or `usage`, with the nearest name there is. */
export function optionName(name: string, blame: Blame = 'config'): OptionName {
  if (Object.hasOwn(options, name)) return name as OptionName
  const meant = nearest(name, optionNames)
  throw new NodeError(
    blame,
    `there is no option ${name}`,
    meant === undefined ? `the options are: ${optionNames.join(', ')}` : `did you mean ${meant}?`,
  )
}

/** Checks a value as the file has it. Error `config` or `usage`: what was expected, what came, and from where. */
export function checkValue<Name extends OptionName>(
  name: Name,
  value: unknown,
  origin: string,
  blame: Blame = 'config',
): Config[Name] {
  const { type } = options[name]
  const checked = accept(type, value)
  if (checked !== undefined) return checked as Config[Name]
  const given = typeof value === 'string' ? value : JSON.stringify(value)
  throw new NodeError(blame, `${name} from ${origin} is ${given}`, `${name} takes ${expectation(type)}`)
}

/** The value that a text means: a flag, a variable, an argument. Lists are separated by commas. Errors as {@link checkValue}. */
export function parseValue<Name extends OptionName>(
  name: Name,
  text: string,
  origin: string,
  blame: Blame = 'config',
): Config[Name] {
  const { kind } = options[name].type
  if (kind === 'integer') return checkValue(name, /^\d{1,15}$/.test(text) ? Number(text) : text, origin, blame)
  if (kind !== 'addresses') return checkValue(name, text, origin, blame)
  const parts = text.split(/[\s,]+/).filter((part) => part !== '')
  return checkValue(name, parts, origin, blame)
}

/** A value as `config get` prints it and {@link parseValue} reads it. */
export const formatValue = (value: Config[OptionName]): string =>
  typeof value === 'object' ? value.join(',') : String(value)

/** What an option takes, for people. */
export function expectation(type: OptionType): string {
  if (type.kind === 'integer') return `a whole number from ${type.min} to ${type.max} (${type.unit})`
  if (type.kind === 'choice') return `one of ${type.choices.join(', ')}`
  if (type.kind === 'addresses') return 'multiaddrs such as /ip4/192.168.1.5/tcp/4100'
  if (type.kind === 'file') return 'the path of a file, or nothing'
  return 'a loopback address and a port such as 127.0.0.1:4180, or nothing'
}

/** The value if it is one of this type; a lone address is a list of one. */
function accept(type: OptionType, value: unknown): unknown {
  if (type.kind === 'integer') {
    return Number.isInteger(value) && Number(value) >= type.min && Number(value) <= type.max ? value : undefined
  }
  if (type.kind === 'addresses') {
    const list: unknown = typeof value === 'string' ? [value] : value
    return Array.isArray(list) && list.every(isListenAddress) ? list : undefined
  }
  if (typeof value !== 'string') return undefined
  if (type.kind === 'choice') return type.choices.includes(value) ? value : undefined
  if (type.kind === 'file') return value.includes('\0') ? undefined : value
  return value === '' || endpointOf(value) !== undefined ? value : undefined
}

/** Whether it is a multiaddr on TCP, with or without a peer id. */
function isListenAddress(text: unknown): boolean {
  if (typeof text !== 'string') return false
  const [root, kind, host = '', tcp, port = '', ...rest] = text.split('/')
  const isHost =
    kind === 'ip4' ? isIPv4(host) : kind === 'ip6' ? isIPv6(host) : /^dns[46]?$/.test(kind ?? '') && host !== ''
  const isPort = tcp === 'tcp' && /^\d{1,5}$/.test(port) && Number(port) <= 65_535
  return root === '' && isHost && isPort && (rest.length === 0 || (rest.length === 2 && rest[0] === 'p2p'))
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** Host and port of `127.0.0.1:4180` or `[::1]:4180`; undefined unless it is on this machine only. */
export function endpointOf(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([\da-f:]+)\]|([\w.]+)):(\d{1,5})$/i.exec(text)
  if (match === null) return undefined
  const host = match[1] ?? match[2]!
  const port = Number(match[3])
  const version = isIP(host)
  const isLoopback = host === 'localhost' || (version !== 0 && loopback.check(host, version === 4 ? 'ipv4' : 'ipv6'))
  return isLoopback && port >= 1 && port <= 65_535 ? { host, port } : undefined
}
