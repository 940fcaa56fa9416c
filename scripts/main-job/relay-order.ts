import type { CountersView, WhyView } from '@grapevine/protocol'

/** The topic of the small messages. */
export const loadTopic = 'load'

/** What the main job asks of a node process, and what it answers. Sent as structured clones over the process's IPC channel. */
export interface Orders {
  /** Opens the home and starts the node: in a new network of this name, or in the network of the ticket. */
  readonly start: {
    readonly input: { readonly home: string; readonly name: string } & (
      | { readonly network: string }
      | { readonly ticket: string }
    )
    readonly answer: { readonly peerId: string; readonly ticket: string }
  }
  /** Resolves once so many neighbours take what this node forwards, on every topic. */
  readonly connected: { readonly input: { readonly neighbours: number }; readonly answer: undefined }
  readonly publish: { readonly input: { readonly parts: readonly BlockPart[] }; readonly answer: PartsPublished }
  /** Publishes this node's share of the small messages; its `count` of `total` in the whole network. */
  readonly load: { readonly input: { readonly count: number; readonly total: number }; readonly answer: LoadPublished }
  readonly report: { readonly input: undefined; readonly answer: NodeReport }
  /** SHA-256 over the sorted ids of the small messages that were delivered, in hex. */
  readonly digest: { readonly input: undefined; readonly answer: string }
  readonly why: { readonly input: { readonly id: string }; readonly answer: WhyView }
  /** Publishes one more small message, for those who watch. */
  readonly say: { readonly input: { readonly text: string }; readonly answer: undefined }
  /** Stops the node; the process then ends. */
  readonly stop: { readonly input: undefined; readonly answer: undefined }
}

/** A message of the block. */
export interface BlockPart {
  readonly topic: string
  readonly payload: Uint8Array
}

/** Times here and below are those of {@link now}. */
export interface PartsPublished {
  /** When each part was given to the node, by message id in hex. */
  readonly startedAt: Readonly<Record<string, number>>
  /** How many of them were known by then, because another node was faster. */
  readonly known: number
}

/** When the first small message was given to the node, and how many it acknowledged. */
export interface LoadPublished {
  readonly startedAt: number
  readonly count: number
}

/** What a node counted since it started. */
export interface NodeReport {
  readonly counters: CountersView
  /** Different small messages that were delivered. */
  readonly loaded: number
  /** Deliveries of an id that was delivered before: has to stay 0. */
  readonly repeats: number
}

/** What a node process tells unasked. */
export type RelayEvent =
  | { readonly type: 'delivered'; readonly id: string; readonly at: number }
  /** Every part is here and the Merkle root over the ids computed from the bytes is the header's. */
  | { readonly type: 'assembled'; readonly hash: string; readonly at: number }
  /** So many different small messages are here. */
  | { readonly type: 'loaded'; readonly count: number; readonly at: number }

/** An order on its way; the answer carries its ref. */
export interface Request {
  readonly ref: number
  readonly order: keyof Orders
  readonly input: unknown
}

/** What comes back: the answer to an order, or an event. */
export type Reply =
  | { readonly ref: number; readonly answer: unknown }
  | { readonly ref: number; readonly error: string }
  | { readonly event: RelayEvent }

/** Milliseconds on a clock that all processes of the machine share and that never goes back. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6
