/** What a peer says of itself through identify, made fit to keep: all of it is hostile text. */
export interface Claim {
  /** At most 64 printable characters. */
  readonly agent?: string
  /** The name that its user gave it. */
  readonly name?: string
  readonly protocols: readonly string[]
}

const charactersMax = 64
const protocolsMax = 64

/** Cleans and bounds what came. */
export function claimOf(agentVersion: string | undefined, protocols: readonly string[]): Claim {
  const raw = agentVersion?.slice(0, 256)
  const agent = raw === undefined ? '' : printable(raw)
  const name = /^grapevine\/[\w.+-]{1,32} \(([A-Za-z0-9._-]{1,64})\)$/.exec(raw ?? '')?.[1]
  return {
    ...(agent !== '' && { agent }),
    ...(name !== undefined && { name }),
    protocols: protocols.slice(0, protocolsMax).map(printable),
  }
}

/** How a node of ours calls itself: the name is for people, and no proof of anything. */
export const agentOf = (version: string, name: string | undefined): string =>
  `grapevine/${version}${name === undefined ? '' : ` (${name})`}`

/** Without controls, format and unassigned characters and line separators, and not longer than 64 characters. */
export const printable = (text: string): string =>
  Array.from(text.slice(0, 4 * charactersMax).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ''))
    .slice(0, charactersMax)
    .join('')
    .trim()
