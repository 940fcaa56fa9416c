import { describe, expect, test } from 'vitest'
import type { Rpc, RpcControl } from '../../src/gossip/internals.ts'
import { partsOf } from '../../src/gossip/rpc-parts.ts'

const topic = `/gv/1/9c06c1877821f863/${'t'.repeat(128)}`
const message = (size: number): Rpc['messages'][number] => ({ topic, data: new Uint8Array(size) })
const ids = (count: number): Uint8Array[] => Array.from({ length: count }, () => new Uint8Array(32))
const rpc = (part: Partial<Rpc>): Rpc => ({ subscriptions: [], messages: [], ...part })
const control = (part: Partial<RpcControl>): Rpc =>
  rpc({ control: { ihave: [], iwant: [], graft: [], prune: [], idontwant: [], ...part } })

/** Protobuf bytes of the id lists of an RPC, at least. */
const idBytes = ({ control: part }: Rpc): number =>
  [...(part?.ihave ?? []), ...(part?.iwant ?? []), ...(part?.idontwant ?? [])].reduce(
    (bytes, { messageIDs }) => bytes + messageIDs.length * 34,
    0,
  )

describe('an RPC', () => {
  test('that everybody takes is left as it is', () => {
    const small = control({ graft: [{ topicID: topic }], iwant: [{ messageIDs: ids(400) }] })
    expect(partsOf(small)).toEqual([small])
    const full = rpc({ messages: Array.from({ length: 300 }, () => message(1)) })
    expect(partsOf(full)[0]).toBe(full)
  })

  test('of many small messages has at most 500 of them, in their order', () => {
    const messages = Array.from({ length: 1_234 }, (_, size) => ({ topic: 't', data: new Uint8Array(size % 20) }))
    const parts = partsOf(rpc({ messages }))
    expect(parts.map((part) => part.messages.length)).toEqual([500, 500, 234])
    expect(parts.flatMap((part) => part.messages)).toEqual(messages)
  })

  test('of large messages has less than 57,345 bytes, or one message', () => {
    const parts = partsOf(rpc({ messages: [20_000, 20_000, 20_000, 60_000, 10].map(message) }))
    expect(parts.map((part) => part.messages.map(({ data }) => data?.length))).toEqual([
      [20_000, 20_000],
      [20_000],
      [60_000],
      [10],
    ])
  })

  test('of many ids has less than 16 KiB of control, and all of the ids', () => {
    const asked = ids(5_000)
    const all = control({
      ihave: [
        { topicID: topic, messageIDs: asked.slice(0, 3_000) },
        { topicID: 'u', messageIDs: asked.slice(3_000) },
      ],
      iwant: [{ messageIDs: asked }],
      idontwant: [{ messageIDs: asked }],
      graft: [{ topicID: topic }],
    })
    const parts = partsOf({ ...all, messages: [message(60_000)], subscriptions: [{ topic }] })
    expect(Math.max(...parts.map(idBytes))).toBeLessThan(15_000)
    expect(parts.filter(({ messages }) => messages.length > 0).map(idBytes)).toEqual([0])
    expect(parts.filter(({ subscriptions }) => subscriptions.length > 0)).toHaveLength(1)
    expect(parts.flatMap((part) => part.control?.graft ?? [])).toEqual([{ topicID: topic }])
    const ihave = parts.flatMap((part) => part.control?.ihave ?? [])
    expect(ihave.flatMap(({ messageIDs }) => messageIDs)).toEqual(asked)
    expect([...new Set(ihave.map(({ topicID }) => topicID))]).toEqual([topic, 'u'])
    expect(parts.flatMap((part) => part.control?.iwant ?? []).flatMap(({ messageIDs }) => messageIDs)).toEqual(asked)
  })

  test('of many subscriptions has at most 100', () => {
    const subscriptions = Array.from({ length: 250 }, (_, index) => ({ subscribe: true, topic: `t${index}` }))
    const parts = partsOf(rpc({ subscriptions }))
    expect(parts.map((part) => part.subscriptions.length)).toEqual([100, 100, 50])
    expect(parts.flatMap((part) => part.subscriptions)).toEqual(subscriptions)
  })
})
