import { CommandError } from './failure.ts'

/** A message id for people: `3fa9c1…e07a`; one of up to 12 digits stays whole. */
export function shortId(id: string): string {
  return id.length <= 12 ? id : `${id.slice(0, 6)}…${id.slice(-4)}`
}

/**
 * What a user gave as a message id, whole, as a prefix or in the short form, also with `0x` before it as some chains write
 * hashes: the prefix to ask for, and the end that the answer's id must have. Undefined if it is none of these.
 */
export function parseIdArgument(text: string): { readonly prefix: string; readonly end: string } | undefined {
  const match = /^(?:0x)?([0-9a-fA-F]{2,64})(?:(?:…|\.\.\.?)([0-9a-fA-F]{0,64}))?$/.exec(text)
  if (match === null) return undefined
  return { prefix: match[1]!.toLowerCase(), end: (match[2] ?? '').toLowerCase() }
}

/** The same, or error `usage`. */
export function requireIdArgument(text: string): { readonly prefix: string; readonly end: string } {
  const id = parseIdArgument(text)
  if (id !== undefined) return id
  throw new CommandError(
    'usage',
    `${text} is not a message id`,
    'give the hex id that pub printed, or its first 6 digits',
  )
}

/** Error `not-found` where the short form of an id meant another message than the one that was found. */
export function requireEnd(id: string, { prefix, end }: { readonly prefix: string; readonly end: string }): void {
  if (!id.endsWith(end)) throw new CommandError('not-found', `the message found for ${prefix} does not end with ${end}`)
}
