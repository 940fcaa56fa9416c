import type { GossipsubInternals, Rpc, RpcControl } from './internals.ts'

/**
 * Keeps messages, and the offer of them, from their own authors. Go and Rust count a message that claims to be theirs, and
 * that they do not remember, against whoever brings it; after a restart they remember none (found: 100 recent messages of
 * its last life put us below a Go peer's graylist threshold).
 */
export function withholdFromAuthors(inner: GossipsubInternals): void {
  const send = inner.sendRpc.bind(inner)
  inner.sendRpc = (peer, rpc) => {
    const kept = withoutAuthor(rpc, authorBytes(inner, peer))
    const isEmpty = kept.messages.length === 0 && kept.subscriptions.length === 0 && kept.control === undefined
    return isEmpty || send(peer, kept)
  }
  const push = inner.pushGossip.bind(inner)
  inner.pushGossip = (peer, ihave) => push(peer, othersIn(ihave, authorBytes(inner, peer)))
}

const authorBytes = ({ peers }: GossipsubInternals, peer: string): Uint8Array | undefined =>
  peers.get(peer)?.toMultihash().bytes

function withoutAuthor(rpc: Rpc, author: Uint8Array | undefined): Rpc {
  if (author === undefined) return rpc
  const messages = rpc.messages.filter(({ from }) => from === undefined || !startsWith(from, author))
  const { control } = rpc
  const ihave = control?.ihave.map((entry) => othersIn(entry, author))
  return { ...rpc, messages, ...(control && ihave && { control: { ...control, ihave } }) }
}

function othersIn(ihave: RpcControl['ihave'][number], author: Uint8Array | undefined): RpcControl['ihave'][number] {
  if (author === undefined || !ihave.messageIDs.some((id) => startsWith(id, author))) return ihave
  return { ...ihave, messageIDs: ihave.messageIDs.filter((id) => !startsWith(id, author)) }
}

function startsWith(bytes: Uint8Array, head: Uint8Array): boolean {
  if (bytes.length < head.length) return false
  // From the end: all Ed25519 ids begin alike.
  for (let at = head.length - 1; at >= 0; at--) if (bytes[at] !== head[at]) return false
  return true
}
