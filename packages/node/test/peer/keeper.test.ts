import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { IdentifyResult } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { expect, onTestFinished, test } from 'vitest'
import { Gossip } from '../../src/gossip/gossip.ts'
import { readIdentity } from '../../src/home/identity.ts'
import { initHome } from '../../src/home/index.ts'
import { createHost } from '../../src/libp2p-host.ts'
import { AddressBook } from '../../src/peer/address-book.ts'
import { BlockList } from '../../src/peer/block-list.ts'
import { PeerKeeper } from '../../src/peer/keeper.ts'
import { startNode } from '../test-network.ts'

/** A keeper of its own peers, with all that it works on. */
async function startKeeper() {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  await initHome(home)
  const blocks = new BlockList()
  const nothing = (): void => undefined
  const gossip = new Gossip({
    onMessage: nothing,
    onCopy: nothing,
    onSent: nothing,
    onSubscribed: nothing,
    onGrafted: nothing,
    onRepair: nothing,
  })
  const { libp2p, dial } = await createHost({ identity: readIdentity(home)!, listen: [], gossip, blocks })
  const book = new AddressBook()
  const keeper = new PeerKeeper({ libp2p, dial, book, target: 12, blocks, save: nothing })
  onTestFinished(async () => {
    keeper.stop()
    gossip.stop()
    await libp2p.stop()
  })
  return { libp2p, book, keeper, dial }
}

test('kept peers are worth more to the connection pruner than any other', async () => {
  const a = await startNode()
  const { libp2p, book, keeper } = await startKeeper()
  book.keep(a.peerId, a.addresses()[0]!.replace(/\/p2p\/.*$/, ''), 'added', Date.now())
  keeper.replan()
  const tags = async () => (await libp2p.peerStore.get(peerIdFromString(a.peerId))).tags
  await expect.poll(async () => (await tags()).get('grapevine-kept')?.value).toBe(100)
  // Its own reconnection would dial what the peer claims, and drop the tag when that fails.
  expect([...(await tags()).keys()].filter((tag) => tag.startsWith('keep-alive'))).toEqual([])
})

test('of a stranger that is gone libp2p keeps nothing, also if its identify comes last', async () => {
  const a = await startNode()
  const { libp2p, keeper, dial } = await startKeeper()
  const identified = new Promise<CustomEvent<IdentifyResult>>((resolve) =>
    libp2p.addEventListener('peer:identify', resolve, { once: true }),
  )
  await dial(a.addresses()[0]!, AbortSignal.timeout(45_000))
  const { detail } = await identified
  const isStored = (): Promise<boolean> => libp2p.peerStore.has(peerIdFromString(a.peerId))
  expect([await isStored(), keeper.claim(a.peerId)]).toEqual([true, expect.anything()])
  await a.stop()
  await expect.poll(isStored).toBe(false)
  await libp2p.peerStore.merge(detail.peerId, { protocols: detail.protocols })
  libp2p.dispatchEvent(new CustomEvent('peer:identify', { detail }))
  await expect.poll(isStored).toBe(false)
  expect(keeper.claim(a.peerId)).toBeUndefined()
})
