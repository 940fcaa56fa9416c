import { sizeOfMessage, type Rpc, type RpcControl, type RpcMessage } from './internals.ts'

/**
 * What every implementation takes in one RPC. The narrowest is rust-libp2p 0.57, where one RPC beyond a limit ends gossip
 * with the peer (libp2p-gossipsub 0.50.1, protocol.rs, `validate_rpc_limits`); js takes 4 MiB and go 1 MiB.
 */
const limits = {
  /**
   * Rust takes 65,536 bytes, and counts what it has already read of the next RPCs, up to 8,191 bytes more. A larger single
   * message goes alone.
   */
  bytes: 57_000,
  /** Of control and subscriptions. Rust: 16,384. */
  controlBytes: 15_000,
  /** Rust: 500, whatever its option says. */
  messages: 500,
  /** Rust: 100. */
  subscriptions: 100,
}

/** Tags and lengths around a message, an id, a topic. */
const overhead = 16
const idOverhead = 4

/** Cuts an RPC that is too large for others into ones that are not, in an order in which they may be received. */
export function partsOf(rpc: Rpc): readonly Rpc[] {
  const { subscriptions, messages, control } = rpc
  const controlBytes = sum(subscriptions, subscriptionBytes) + (control === undefined ? 0 : controlBytesOf(control))
  if (
    controlBytes <= limits.controlBytes &&
    subscriptions.length <= limits.subscriptions &&
    messages.length <= limits.messages &&
    controlBytes + sum(messages, messageBytes) <= limits.bytes
  )
    return [rpc]
  return [
    ...cut(subscriptions, subscriptionBytes, limits.controlBytes, limits.subscriptions).map((part) =>
      partOf({ subscriptions: part }),
    ),
    ...(control === undefined ? [] : controlParts(control)).map((part) => partOf({ control: part })),
    ...cut(messages, messageBytes, limits.bytes, limits.messages).map((part) => partOf({ messages: part })),
  ]
}

function controlParts(control: RpcControl): RpcControl[] {
  if (controlBytesOf(control) <= limits.controlBytes) return [control]
  const ihave = control.ihave.flatMap(({ topicID, messageIDs }) =>
    cutIds(messageIDs, topicID.length).map((ids) => ({ topicID, messageIDs: ids })),
  )
  return [
    ...cutControl(control.graft, topicBytes).map((graft) => ({ ...none, graft })),
    ...cutControl(control.prune, topicBytes).map((prune) => ({ ...none, prune })),
    ...cutControl(ihave, idsBytes).map((part) => ({ ...none, ihave: part })),
    ...cutIds(control.iwant.flatMap(idsOf)).map((messageIDs) => ({ ...none, iwant: [{ messageIDs }] })),
    ...cutIds(control.idontwant.flatMap(idsOf)).map((messageIDs) => ({ ...none, idontwant: [{ messageIDs }] })),
  ]
}

const none: RpcControl = { ihave: [], iwant: [], graft: [], prune: [], idontwant: [] }

const partOf = (part: Partial<Rpc>): Rpc => ({ subscriptions: [], messages: [], ...part })

interface Ids {
  readonly topicID?: string
  readonly messageIDs: readonly Uint8Array[]
}

const idsOf = ({ messageIDs }: Ids): readonly Uint8Array[] => messageIDs

const messageBytes = (message: RpcMessage): number => sizeOfMessage(message) + message.topic.length + overhead
const subscriptionBytes = ({ topic }: { readonly topic?: string }): number => (topic?.length ?? 0) + overhead
const topicBytes = ({ topicID }: { readonly topicID?: string }): number => (topicID?.length ?? 0) + overhead
const idBytes = (id: Uint8Array): number => id.length + idOverhead
const idsBytes = (ids: Ids): number => topicBytes(ids) + sum(ids.messageIDs, idBytes)

const controlBytesOf = ({ graft, prune, ihave, iwant, idontwant }: RpcControl): number =>
  sum(graft, topicBytes) +
  sum(prune, topicBytes) +
  sum(ihave, idsBytes) +
  sum(iwant, idsBytes) +
  sum(idontwant, idsBytes)

const cutControl = <Item>(items: readonly Item[], sizeOf: (item: Item) => number): Item[][] =>
  cut(items, sizeOf, limits.controlBytes)

const cutIds = (ids: readonly Uint8Array[], topicLength = 0): Uint8Array[][] =>
  cut(ids, idBytes, limits.controlBytes - topicLength - overhead)

/** Runs of items that fit; one that is too large is alone. */
function cut<Item>(
  items: readonly Item[],
  sizeOf: (item: Item) => number,
  bytesMax: number,
  countMax = Infinity,
): Item[][] {
  const parts: Item[][] = []
  let bytes = Infinity
  for (const item of items) {
    const size = sizeOf(item)
    if (bytes + size > bytesMax || parts.at(-1)!.length >= countMax) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(item)
    bytes += size
  }
  return parts
}

function sum<Item>(items: readonly Item[], sizeOf: (item: Item) => number): number {
  let total = 0
  for (const item of items) total += sizeOf(item)
  return total
}
