import { randomBytes } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeTicket, encodeTicket } from '@grapevine/protocol'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sign } from '../src/crypto.ts'
import { initHome } from '../src/home/index.ts'
import { readIdentity } from '../src/home/identity.ts'
import type { Node } from '../src/node.ts'
import { encodeAnswer, lifeBytes, readAnswer } from '../src/twin/answer.ts'
import { startNode, until } from './test-network.ts'

/** A home with the identity of another: what a copied disk image or a restored backup is. */
function copyOf(home: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }))
  cpSync(join(home, 'identity.pem'), join(copy, 'identity.pem'))
  return copy
}

function folder(): string {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** The ticket of a node with that node's addresses only. */
function ticketTo(node: Node): string {
  const ticket = decodeTicket(node.ticket())
  return encodeTicket({ ...ticket, addresses: ticket.addresses.filter((address) => address.endsWith(node.peerId)) })
}

const noticed = (...nodes: Node[]): Promise<boolean> =>
  until(
    () => nodes.every((node) => node.status().twin !== undefined),
    (all) => all,
    10_000,
  )

describe('two nodes with one identity', () => {
  test('that have a neighbour in common both notice within ten seconds, and publish no more', async () => {
    const hub = await startNode()
    const home = folder()
    const first = await startNode({ home, ticket: hub.ticket() })
    await until(
      () => hub.peers().length,
      (count) => count === 1,
    )
    let heard: string | undefined
    const second = await startNode({ home: copyOf(home), ticket: hub.ticket(), onTwin: (toldBy) => (heard = toldBy) })
    expect(second.peerId).toBe(first.peerId)
    await noticed(first, second)
    expect(heard).toBe(hub.peerId)
    expect(hub.status().twin).toBeUndefined()
    for (const node of [first, second]) {
      await expect(node.publish('chat', Buffer.from('x'))).rejects.toMatchObject({ code: 'identity' })
    }
  })

  test('that are several hops apart notice too', async () => {
    const left = await startNode()
    const right = await startNode({ ticket: left.ticket() })
    const home = folder()
    const first = await startNode({ home, ticket: ticketTo(left) })
    await until(
      () => left.peers().length,
      (count) => count === 2,
    )
    const second = await startNode({ home: copyOf(home), ticket: ticketTo(right) })
    await noticed(first, second)
    expect([left.status().twin, right.status().twin]).toEqual([undefined, undefined])
  })

  test('are not seen in a node that only restarts', async () => {
    const hub = await startNode()
    const home = folder()
    const before = await startNode({ home, ticket: hub.ticket() })
    await before.publish('chat', Buffer.from('one'), { waitPeers: 0 })
    await until(
      () => hub.peers().length,
      (count) => count === 1,
    )
    await before.stop()
    const after = await startNode({ home, ticket: hub.ticket() })
    await hub.hold('chat')
    // Its old messages come back to it through the hub, and it may still publish.
    const { peers } = await after.publish('chat', Buffer.from('two'), { waitPeers: 1 })
    expect(peers).toBe(1)
    expect(after.status().twin).toBeUndefined()
  })
})

describe('the answer to a challenge', () => {
  test('counts only for its challenge, its network and its key', async () => {
    const home = folder()
    await initHome(home)
    const identity = readIdentity(home)!
    const [networkId, challenge, other] = [randomBytes(32), randomBytes(32), randomBytes(32)]
    const [epoch, time] = [1_700_000_000_000, 1_700_000_000_000_000]
    const bytes = encodeAnswer({ epoch, time, signature: sign(lifeBytes(networkId, challenge, epoch, time), identity) })
    const facts = { networkId, challenge, publicKey: identity.publicKey }
    expect(readAnswer(bytes, facts)).toMatchObject({ epoch, time })
    expect(readAnswer(bytes, { ...facts, challenge: other })).toBeUndefined()
    expect(readAnswer(bytes, { ...facts, networkId: other })).toBeUndefined()
    expect(readAnswer(bytes, { ...facts, publicKey: other })).toBeUndefined()
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice()
      changed[at] = changed[at]! ^ 1
      expect(readAnswer(changed, facts)).toBeUndefined()
    }
    expect(readAnswer(bytes.subarray(1), facts)).toBeUndefined()
  })
})
