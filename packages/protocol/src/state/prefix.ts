import { encodeUtf8 } from '../text.ts'

/** How keys of users begin: a user's key `role` is `u:role` in the map of its owner. */
export const userPrefix = 'u:'

/** How keys begin that several owners write together: see `readRegister`, `readCounter` and `readSet`. */
export const sharedPrefix = 's:'

/** How keys begin that belong to a life, and are not taken over into the next one. */
export const lifePrefix = 'm:'

/** Bytes in UTF-8 of a name that a user gives a key, at most: what fits behind any of the prefixes. */
export const userKeySizeMax = 250

/** What is wrong with a name for a key. */
export type KeyFault = 'empty' | 'too-long' | 'character'

// Signs that stand for others in `KEY=VALUE` and in globs, and whatever cannot be seen.
const foreign = /[=*?\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u

/** Why a user's key may not be called so: 1 to `userKeySizeMax` bytes, nothing invisible, no white space, none of `= * ?`. */
export function faultOfKey(name: string): KeyFault | undefined {
  if (name === '') return 'empty'
  if (foreign.test(name)) return 'character'
  return encodeUtf8(name).length > userKeySizeMax ? 'too-long' : undefined
}

/** What a key of a map is called by users; undefined if it is not of a user. What other owners call theirs is hostile text. */
export const userKeyOf = (key: string): string | undefined =>
  key.startsWith(userPrefix) && key.length > userPrefix.length ? key.slice(userPrefix.length) : undefined
