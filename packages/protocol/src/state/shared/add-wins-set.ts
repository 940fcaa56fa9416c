import { equalBytes, keyOf } from '../../bytes.ts'
import { stateValueSizeMax } from '../limits.ts'
import { ownerIdOf, ownerIdSize } from '../owner-state.ts'
import type { Contribution } from './contribution.ts'
import { decodeSetPart, encodeSetPart, type Removal, type SetPart } from './set-part.ts'

/** What is to change, and by whom. */
export interface SetChange {
  /** Our key, 32 bytes. */
  readonly self: Uint8Array
  /** Our life. */
  readonly epoch: number
  readonly change: 'add' | 'remove'
  /** 1 to `setElementSizeMax` bytes. */
  readonly element: Uint8Array
}

const nothing: SetPart = { epoch: 0, count: 0, additions: [], removals: [] }

/**
 * The elements of a shared set, each once, in no order: those with an addition that nobody has removed. Who removes removes
 * the additions that it has seen, so that one made elsewhere at the same time wins (an observed-remove set: Shapiro and
 * others, *A comprehensive study of Convergent and Commutative Replicated Data Types*, 2011, §3.3.5).
 */
export function readSet(contributions: Iterable<Contribution>): Uint8Array[] {
  const elements = new Map<string, Uint8Array>()
  for (const { element } of presentIn(partsOf(contributions))) elements.set(keyOf(element), element)
  return [...elements.values()]
}

/**
 * The bytes with which an owner adds or removes an element, given what all have under the key now; undefined if that changes
 * nothing, or does not fit. An owner drops its additions once it sees their removal, and a removal once who added has
 * dropped the addition, so that what is listed is bounded by what is in the set and what is on its way out.
 */
export function changeSet(
  contributions: Iterable<Contribution>,
  { self, epoch, change, element }: SetChange,
): Uint8Array | undefined {
  const parts = partsOf(contributions)
  const id = ownerIdOf(self)
  const own = parts.get(id) ?? nothing
  const present = presentIn(parts)
  const dots = present.filter((addition) => equalBytes(addition.element, element))
  if ((change === 'add') === dots.length > 0) return undefined
  const removed = removedIn(parts)
  let additions = own.additions.filter((addition) => !removed.has(dotOf(id, addition)))
  let removals = own.removals.filter((removal) => {
    const theirs = parts.get(keyOf(removal.owner))
    return theirs === undefined || theirs.additions.some((addition) => isSameDot(addition, removal))
  })
  let count = own.epoch === epoch ? own.count : 0
  if (change === 'add') additions = [...additions, { element, epoch, count: ++count }]
  else {
    additions = additions.filter((addition) => !equalBytes(addition.element, element))
    removals = [...removals, ...dots.filter(({ owner }) => keyOf(owner) !== id)]
  }
  const bytes = encodeSetPart({ epoch, count, additions, removals })
  if (bytes.length <= stateValueSizeMax) return bytes
  // Additions of owners that were forgotten come back only with an old copy: the first to go.
  const known = removals.filter(({ owner }) => parts.has(keyOf(owner)))
  const less = encodeSetPart({ epoch, count, additions, removals: known })
  return less.length <= stateValueSizeMax ? less : undefined
}

type Dot = Pick<Removal, 'epoch' | 'count'>

function partsOf(contributions: Iterable<Contribution>): Map<string, SetPart> {
  const parts = new Map<string, SetPart>()
  for (const { owner, value } of contributions) {
    const part = decodeSetPart(value)
    if (part !== undefined) parts.set(keyOf(owner.subarray(0, ownerIdSize)), part)
  }
  return parts
}

/** Additions that count, with the id of who made them. */
function presentIn(parts: ReadonlyMap<string, SetPart>): (Removal & { readonly element: Uint8Array })[] {
  const removed = removedIn(parts)
  return [...parts].flatMap(([id, { additions }]) =>
    additions
      .filter((addition) => !removed.has(dotOf(id, addition)))
      .map((addition) => ({ ...addition, owner: Uint8Array.from(id, (character) => character.charCodeAt(0)) })),
  )
}

function removedIn(parts: ReadonlyMap<string, SetPart>): Set<string> {
  const removed = new Set<string>()
  for (const { removals } of parts.values())
    for (const removal of removals) removed.add(dotOf(keyOf(removal.owner), removal))
  return removed
}

const dotOf = (id: string, { epoch, count }: Dot): string => `${id}/${epoch}/${count}`

const isSameDot = (a: Dot, b: Dot): boolean => a.epoch === b.epoch && a.count === b.count
