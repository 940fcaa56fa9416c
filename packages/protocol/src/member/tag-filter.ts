import { decodeUtf8 } from '../text.ts'
import { matchTopic } from '../topic-glob.ts'

/** Bytes of a tag's value at most; what is longer is state, and no tag. */
export const tagValueSizeMax = 256

/** A condition on a member's tags. */
export interface TagFilter {
  readonly key: string
  /** What the value is to match: `*` stands for any characters, `?` for one. Absent: any value will do. */
  readonly glob?: string
}

/**
 * A filter as people and frames write it: `role` (the tag is there), `role=relay`, `role=re*`. The key ends at the first
 * `=`. Undefined if the key is empty, or either part has more than 256 characters.
 */
export function parseTagFilter(text: string): TagFilter | undefined {
  const at = text.indexOf('=')
  const key = at < 0 ? text : text.slice(0, at)
  const glob = at < 0 ? undefined : text.slice(at + 1)
  if (key === '' || key.length > 256 || (glob?.length ?? 0) > tagValueSizeMax) return undefined
  return glob === undefined ? { key } : { key, glob }
}

/** The text of {@link parseTagFilter}. */
export const formatTagFilter = ({ key, glob }: TagFilter): string => (glob === undefined ? key : `${key}=${glob}`)

/** Whether all filters hold; `tagOf` gives the value of a key, or undefined where there is no such tag. */
export function matchesTags(filters: readonly TagFilter[], tagOf: (key: string) => string | undefined): boolean {
  return filters.every(({ key, glob }) => {
    const value = tagOf(key)
    return value !== undefined && (glob === undefined || matchTopic(glob, value))
  })
}

/** The tag that a value of the state is: UTF-8 of at most 256 bytes; undefined if it is none. */
export const tagOfValue = (value: Uint8Array | undefined): string | undefined =>
  value === undefined || value.length > tagValueSizeMax ? undefined : decodeUtf8(value)
