import { faultOfKey, stateValueSizeMax, userKeyOf, readSharedKey, userKeySizeMax } from '@grapevine/protocol/state'
import { NodeError } from '../error.ts'

/** A bound that a write of ours would break, and the key that does. */
export interface Refused {
  readonly key: string
  readonly code: 'key' | 'value' | 'too-many' | 'too-large'
}

const faults = {
  empty: 'is empty',
  'too-long': `has more than ${userKeySizeMax} bytes`,
  character: 'has a character that keys may not have',
} as const

/** Throws `usage` for a key that users may not write. */
export function requireKey(key: string): void {
  const fault = faultOfKey(key)
  if (fault === undefined) return
  throw new NodeError(
    'usage',
    `the key ${JSON.stringify(key.slice(0, 40))} ${faults[fault]}`,
    `a key has 1 to ${userKeySizeMax} bytes of UTF-8, without white space, invisible characters, =, * and ?`,
  )
}

/** Throws `oversize` for a value that is larger than `max` bytes. */
export function requireSize(key: string, size: number, max: number = stateValueSizeMax): void {
  if (size <= max) return
  throw new NodeError(
    'oversize',
    `the value of ${key} has ${size} bytes, and may have ${max}`,
    'state is for small things: publish large ones on a topic, and keep the id here',
  )
}

/** The error that a bound of our map is. */
export function refusal({ key, code }: Refused): NodeError {
  const name = userKeyOf(key) ?? readSharedKey(key)?.name ?? key
  switch (code) {
    case 'key':
      return new NodeError('usage', `${JSON.stringify(name.slice(0, 40))} cannot be a key`)
    case 'value':
      return new NodeError('oversize', `the value of ${name} has more than ${stateValueSizeMax} bytes`)
    case 'too-large':
      return new NodeError(
        'oversize',
        `no room for ${name}: all keys of a node together have at most 960 KiB`,
        'remove some with: grapevine state rm KEY',
      )
    case 'too-many':
  }
  return new NodeError(
    'overloaded',
    `no room for ${name}: a node has at most 1,008 keys`,
    'remove some with: grapevine state rm KEY; a removed key counts for a day, until no old copy can bring it back',
  )
}
