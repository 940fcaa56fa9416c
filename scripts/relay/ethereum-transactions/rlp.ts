/** Where an item of RLP (recursive length prefix, Yellow Paper appendix B) stands in its bytes. */
export interface RlpItem {
  readonly isList: boolean
  /** Where its prefix begins. */
  readonly at: number
  /** Where its content begins and ends. */
  readonly start: number
  readonly end: number
}

/** The one item that bytes are, from an offset to their end; undefined if they are anything else. */
export function readWhole(bytes: Uint8Array, at: number): RlpItem | undefined {
  const item = readItem(bytes, at, bytes.length)
  return item?.end === bytes.length ? item : undefined
}

/** The items of a list; undefined if one of them is not in its only valid form: then the same value has other bytes. */
export function readItems(bytes: Uint8Array, { isList, start, end }: RlpItem): readonly RlpItem[] | undefined {
  if (!isList) return undefined
  const items: RlpItem[] = []
  for (let at = start; at < end;) {
    const item = readItem(bytes, at, end)
    if (item === undefined) return undefined
    items.push(item)
    at = item.end
  }
  return items
}

/** The prefix of a list whose content has so many bytes. */
export function listPrefix(size: number): readonly number[] {
  if (size < 56) return [0xc0 + size]
  const digits: number[] = []
  for (let rest = size; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256)
  return [0xf7 + digits.length, ...digits]
}

/** A number as an item. */
export function encodeUint(value: bigint): readonly number[] {
  if (value === 0n) return [0x80]
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return bytes.length === 1 && bytes[0]! < 0x80 ? [...bytes] : [0x80 + bytes.length, ...bytes]
}

/** Longest length, in bytes, that is read: more than fits in a message is no item here. */
const lengthSizeMax = 4

function readItem(bytes: Uint8Array, at: number, end: number): RlpItem | undefined {
  if (at >= end) return undefined
  const prefix = bytes[at]!
  if (prefix < 0x80) return { isList: false, at, start: at, end: at + 1 }
  const isList = prefix >= 0xc0
  const rest = prefix - (isList ? 0xc0 : 0x80)
  let start = at + 1
  let size = rest
  if (rest > 55) {
    start += rest - 55
    if (rest - 55 > lengthSizeMax || start > end || bytes[at + 1] === 0) return undefined
    size = 0
    for (let digit = at + 1; digit < start; digit++) size = size * 256 + bytes[digit]!
    if (size < 56) return undefined
  }
  // A byte below 0x80 stands for itself.
  if (start + size > end || (!isList && size === 1 && bytes[start]! < 0x80)) return undefined
  return { isList, at, start, end: start + size }
}
