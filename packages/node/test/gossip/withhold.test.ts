import { peerIdFromString } from '@libp2p/peer-id'
import { peerIdFromKey } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import type { GossipsubInternals, Rpc, RpcControl } from '../../src/gossip/internals.ts'
import { withholdFromAuthors } from '../../src/gossip/withhold.ts'

const [author, other] = [1, 2].map((fill) => peerIdFromString(peerIdFromKey(new Uint8Array(32).fill(fill))))
const messageOf = (peer: typeof author): Rpc['messages'][number] => ({ topic: 't', from: peer!.toMultihash().bytes })
const idOf = (peer: typeof author): Uint8Array => new Uint8Array([...peer!.toMultihash().bytes, ...new Uint8Array(8)])
const none = { iwant: [], graft: [], prune: [], idontwant: [] }

/** What of gossipsub is wrapped, and what comes out of it. */
function gossipsub() {
  const sent: Rpc[] = []
  const pushed: RpcControl['ihave'][number][] = []
  const inner = {
    peers: new Map([[String(author), author]]),
    sendRpc: (_: string, rpc: Rpc) => sent.push(rpc) > 0,
    pushGossip: (_: string, ihave: RpcControl['ihave'][number]) => void pushed.push(ihave),
  } as unknown as GossipsubInternals
  withholdFromAuthors(inner)
  return { inner, sent, pushed }
}

test('an author gets neither its own messages nor the offer of them, and others get both', () => {
  const { inner, sent, pushed } = gossipsub()
  const ihave = [{ topicID: 't', messageIDs: [idOf(author), idOf(other)] }]
  const rpc = { subscriptions: [], messages: [messageOf(author), messageOf(other)], control: { ...none, ihave } }
  inner.sendRpc(String(author), rpc)
  inner.sendRpc(String(other), rpc)
  expect(sent).toEqual([
    {
      subscriptions: [],
      messages: [messageOf(other)],
      control: { ...none, ihave: [{ topicID: 't', messageIDs: [idOf(other)] }] },
    },
    rpc,
  ])
  inner.pushGossip(String(author), ihave[0]!)
  expect(pushed).toEqual([{ topicID: 't', messageIDs: [idOf(other)] }])
})

test('an RPC of which nothing is left does not leave, and counts as sent', () => {
  const { inner, sent } = gossipsub()
  expect(inner.sendRpc(String(author), { subscriptions: [], messages: [messageOf(author)] })).toBe(true)
  expect(sent).toEqual([])
})
