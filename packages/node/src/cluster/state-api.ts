import type { GapView, SharedKindView, WatchReadyView } from '@grapevine/protocol/control'

/** A key of a node's own map. Nobody changes `value`. */
export interface StateEntry {
  /** Whose it is. */
  readonly peerId: string
  readonly key: string
  readonly value: Uint8Array
  /** The owner's life, and its count of writes in it at this one. */
  readonly epoch: number
  readonly version: number
  /** Of the write, by the owner's clock, ISO 8601. */
  readonly time: string
}

/** That a key was set, or is gone (`value` undefined). */
export interface StateChange {
  readonly peerId: string
  readonly key: string
  readonly value: Uint8Array | undefined
  readonly epoch: number
  /** Undefined where the owner's new life has no such key, or the owner was forgotten. */
  readonly version: number | undefined
  readonly time: string | undefined
  /** It was there before the watch, or before a gap ended. */
  readonly present: boolean
}

/** A key that several nodes write together, as this node sees it now. */
export interface SharedEntry {
  readonly key: string
  readonly kind: SharedKindView
  /** How many nodes have a part in it. */
  readonly writers: number
  /** Of a value: the last write, who made it, and when by its clock (ISO 8601). All undefined if it was removed. */
  readonly value?: Uint8Array | undefined
  readonly by?: string
  readonly time?: string
  /** What a counter stands at. */
  readonly count?: bigint
  /** Of a group, in order of their bytes. */
  readonly elements?: readonly Uint8Array[]
}

/** That a shared key is another now. */
export interface SharedChange extends SharedEntry {
  readonly present: boolean
}

/**
 * Changes in the order in which this node heard of them, each once, after `ready`; before it what was there, unless `new`.
 * A reader too slow to get them all gets a gap, then again what is there, and `ready`. Ends with the node.
 */
export interface Watch<Change> extends AsyncIterable<Change | WatchReadyView | GapView> {
  /** The place behind what was taken last: a later watch goes on there with {@link WatchOptions.after}. */
  readonly cursor: string
  close(): void
}

/** What to watch, and from where. */
export interface WatchOptions {
  /** Only keys that match one of these globs: `*` stands for any characters, `?` for one. Default: all. */
  readonly match?: readonly string[]
  /** Without what is there already. */
  readonly new?: boolean
  /**
   * The cursor of an earlier watch: what came since then, or a gap and all that is there where nobody knows. Goes before
   * `new`.
   */
  readonly after?: string
}

/** Which keys; at most `limit`, default 1,000. */
export interface ListOptions {
  readonly match?: string
  readonly limit?: number
}

/**
 * Values of which the last write counts, by hybrid logical clock (docs/state.md): of two that did not see each other one is
 * lost. Errors: `usage` (key), `oversize` (more than 65,504 bytes), and those of {@link StateApi.set}.
 */
export interface SharedValueApi {
  /** Undefined if nobody wrote it, or it was removed. */
  get(key: string): SharedEntry | undefined
  set(key: string, value: string | Uint8Array): Promise<SharedEntry>
  /** Error `not-found`. */
  remove(key: string): Promise<void>
}

/** Counters: every node counts for itself, and nothing is lost or counted twice. */
export interface CounterApi {
  /** 0 if nobody has counted. */
  get(key: string): SharedEntry & { readonly count: bigint }
  /** Adds an integer, which may be negative. Errors: `usage`, and those of {@link StateApi.set}. */
  add(key: string, by?: number): Promise<SharedEntry & { readonly count: bigint }>
}

/** Groups: sets of elements of 1 to 1,024 bytes. Adding wins over a removal that has not seen it. */
export interface GroupApi {
  /** Empty if nobody has added any. */
  get(key: string): SharedEntry & { readonly elements: readonly Uint8Array[] }
  /** What is there already changes nothing. Errors: `usage`, `oversize`, and those of {@link StateApi.set}. */
  add(key: string, ...elements: readonly (string | Uint8Array)[]): Promise<SharedEntry>
  /** What is not there changes nothing. */
  remove(key: string, ...elements: readonly (string | Uint8Array)[]): Promise<SharedEntry>
  /** Both at once. */
  change(
    key: string,
    change: {
      readonly add?: readonly (string | Uint8Array)[]
      readonly remove?: readonly (string | Uint8Array)[]
    },
  ): Promise<SharedEntry & { readonly elements: readonly Uint8Array[] }>
}

/**
 * Replicated state (docs/state.md): each node's own map, which all nodes see and only it writes, and keys that several nodes
 * write together. A text is its UTF-8. A peer is named by its id, at least 6 characters of the id's end, or its own name;
 * errors `usage`, `not-found`. Everything that is written is signed and on disk when its promise resolves.
 */
export interface StateApi {
  /** Our own peer id, and this life. */
  readonly peerId: string
  readonly epoch: number
  /**
   * Writes a key of ours. Errors: `usage` (a key has 1 to 250 bytes, nothing invisible, no white space, none of `= * ?`),
   * `oversize` (a value has at most 65,536 bytes, all keys together 960 KiB), `overloaded` (at most 1,008 keys, those that
   * were deleted less than a day ago included), `disk`, `stopped`.
   */
  set(key: string, value: string | Uint8Array): Promise<StateEntry>
  /** Writes several under one signature, and deletes those without a value: all or none. Returns the version of the last. */
  write(writes: readonly { readonly key: string; readonly value?: string | Uint8Array | undefined }[]): Promise<number>
  /** Deletes keys of ours, all or none. Error `not-found`. */
  remove(...keys: readonly string[]): Promise<number>
  /** A key of ours, or of a peer; undefined if it is not there. */
  get(key: string, of?: string): StateEntry | undefined
  /** Keys of ours, of a peer, or of all: our own first, then by owner and key. */
  list(options?: ListOptions & { readonly of?: string; readonly all?: boolean }): readonly StateEntry[]
  /** Changes of all nodes, or of one. */
  watch(options?: WatchOptions & { readonly of?: string }): Watch<StateChange>
  readonly shared: SharedValueApi
  readonly counter: CounterApi
  readonly group: GroupApi
  /** Keys that several nodes write together, by key and kind. */
  listShared(options?: ListOptions & { readonly kind?: SharedKindView }): readonly SharedEntry[]
  /** Each shared key whenever it becomes another. After a gap, or with `after`, one may come that is the same. */
  watchShared(options?: WatchOptions): Watch<SharedChange>
}
