/** A value as JSON can hold it: `text` if it is valid UTF-8, else `base64`. */
export interface ValueInput {
  readonly text?: string
  readonly base64?: string
}

/** A key of a node's own map, as all nodes see it. Key and value of others are hostile text. */
export interface StateView extends ValueInput {
  /** Whose it is. */
  readonly peerId: string
  readonly key: string
  /** Bytes of the value. */
  readonly size: number
  /** In lists: the value has more than 256 bytes, and this is its beginning. */
  readonly cut?: true
  /** The owner's life, and its count of writes in it at this one. */
  readonly epoch: number
  readonly version: number
  /** Of the write, by the owner's clock, ISO 8601. */
  readonly time: string
}

/** Which keys: of this node, of a peer, or of all. */
export interface StateQuery {
  /** A peer by id, at least 6 characters of its end, or name. */
  readonly of?: string
  readonly all?: boolean
  /** Only keys that match: `*` stands for any characters, `?` for one. */
  readonly match?: string
  /** At most so many; default 1,000. */
  readonly limit?: number
}

/** A key with its value, on its way in: one of `text` and `base64`. */
export interface StateInput extends ValueInput {
  readonly key: string
}

/** What was written: our own map, signed and on disk. */
export interface StateWriteView {
  readonly peerId: string
  readonly keys: readonly string[]
  readonly epoch: number
  /** Of the last write. */
  readonly version: number
}

/** Which changes to watch. */
export interface StateWatchQuery {
  readonly of?: string
  /** Only keys that match one of these globs. */
  readonly match?: readonly string[]
  /** Without what is there already. */
  readonly new?: boolean
}

/** That a key was set, or is gone. */
export interface StateChangeView extends ValueInput {
  readonly change: 'set' | 'removed'
  readonly peerId: string
  readonly key: string
  readonly epoch: number
  /** Absent where the owner's new life has no such key, or the owner was forgotten. */
  readonly version?: number
  readonly time?: string
  /** Of the value that was set, in bytes. */
  readonly size?: number
  /** It was there before the watch, or before a gap ended. */
  readonly present?: true
}

/** What was there has been sent, so many items; what follows is new. Comes again after each gap. */
export interface WatchReadyView {
  readonly ready: { readonly present: number }
}

/** What several nodes can write together: the last write of a value counts, counters add up, groups are sets of elements. */
export type SharedKindView = 'value' | 'counter' | 'group'

/** A key that several nodes write together, as this node sees it now. */
export interface SharedView extends ValueInput {
  readonly key: string
  readonly kind: SharedKindView
  /** How many nodes have a part in it. */
  readonly writers: number
  /** Of a value: in bytes, with `cut` as in {@link StateView}; who wrote it, and when by its clock (ISO 8601). */
  readonly size?: number
  readonly cut?: true
  readonly by?: string
  readonly time?: string
  /** What a counter stands at, digits as text where a number would not be exact; how many elements a group has. */
  readonly count?: number | string
  /** Of one group: in order of their bytes. */
  readonly elements?: readonly ValueInput[]
}

/** Which shared keys. */
export interface SharedQuery {
  readonly kind?: SharedKindView
  readonly match?: string
  /** At most so many; default 1,000. */
  readonly limit?: number
}

/** Which shared keys to watch. */
export type SharedWatchQuery = Omit<StateWatchQuery, 'of'>

/** That a shared key is another now, as far as this node knows. */
export interface SharedChangeView extends SharedView {
  /** `removed`: a value that nobody has any more. */
  readonly change: 'set' | 'removed'
  readonly present?: true
}
