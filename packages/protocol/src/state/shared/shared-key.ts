import { sharedPrefix } from '../prefix.ts'

/** What several owners can write together: a value of which the last write counts (a register), a counter, a group (a set of elements). */
export type SharedKind = 'value' | 'counter' | 'group'

const letters = { value: 'v', counter: 'c', group: 'g' } as const
const kinds: Readonly<Record<string, SharedKind>> = { v: 'value', c: 'counter', g: 'group' }

/** A shared key by its kind and name: keys of two kinds may have one name. */
export interface SharedKey {
  readonly kind: SharedKind
  readonly name: string
}

/** The key under which each owner keeps its part: `s:`, a letter for the kind, `:` and the name. */
export const sharedKeyOf = ({ kind, name }: SharedKey): string => `${sharedPrefix}${letters[kind]}:${name}`

/** Which shared key a key of a map belongs to; undefined if to none. */
export function readSharedKey(key: string): SharedKey | undefined {
  if (!key.startsWith(sharedPrefix) || key[3] !== ':' || key.length === 4) return undefined
  const kind = kinds[key[2]!]
  return kind && { kind, name: key.slice(4) }
}
