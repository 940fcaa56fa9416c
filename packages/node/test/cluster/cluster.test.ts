import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyFromPeerId } from '@grapevine/protocol'
import { decodeNodeRecord, nodeKey } from '@grapevine/protocol/member'
import { entryOf } from '@grapevine/protocol/state'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Node } from '../../src/node.ts'
import { startNode, until } from '../test-network.ts'

const text = (value: Uint8Array | undefined): string | undefined => value && Buffer.from(value).toString()
const seen = (on: Node, of: { peerId: string }, key: string): Uint8Array | undefined =>
  entryOf(on.cluster!.replica.stateOf(keyFromPeerId(of.peerId)!), key)?.value
const status = (on: Node, of: { peerId: string }): string | undefined =>
  on.cluster!.membership.member(of.peerId)?.status
const set = (node: Node, key: string, value: string): Promise<number> =>
  node.cluster!.write([{ key, value: Buffer.from(value) }])

function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

describe('nodes that are connected', () => {
  test('see what each says, who it is, and that it is alive', async () => {
    const one = await startNode()
    const two = await startNode({ ticket: one.ticket(), name: 'two' })
    await set(one, 'u:role', 'relay')
    await two.hold('chat')
    expect(text(await until(() => seen(two, one, 'u:role'), Boolean))).toBe('relay')
    await until(
      () => status(one, two),
      (found) => found === 'alive',
    )
    await until(
      () => decodeNodeRecord(seen(one, two, nodeKey) ?? new Uint8Array(0))?.topics.join(),
      (topics) => topics === 'chat',
    )
    expect(decodeNodeRecord(seen(one, two, nodeKey)!)).toMatchObject({ name: 'two', topicCount: 1 })
    await until(
      () => one.cluster!.membership.member(two.peerId)?.phi,
      (phi) => phi !== undefined,
    )
  })

  test('call a node that stops left, not failed, at once; and alive again in its next life', async () => {
    const one = await startNode()
    const home = temporaryHome()
    const two = await startNode({ ticket: one.ticket(), home })
    await set(two, 'u:role', 'guest')
    await until(
      () => text(seen(one, two, 'u:role')),
      (role) => role === 'guest',
    )
    await two.stop()
    expect(status(one, two)).toBe('left')
    const again = await startNode({ home, ticket: one.ticket() })
    await until(
      () => status(one, two),
      (found) => found === 'alive',
    )
    await until(
      () => text(seen(one, again, 'u:role')),
      (role) => role === 'guest',
    )
  })

  test('pass on what third ones say', async () => {
    const hub = await startNode()
    const [left, right] = [await startNode({ ticket: hub.ticket() }), await startNode({ ticket: hub.ticket() })]
    await set(left, 'u:news', 'old')
    expect(text(await until(() => seen(right, left, 'u:news'), Boolean))).toBe('old')
    await set(left, 'u:news', 'new')
    await until(
      () => text(seen(right, left, 'u:news')),
      (news) => news === 'new',
    )
  })
})

test('what was said by all is there after a restart, with nobody to ask', async () => {
  const one = await startNode()
  const home = temporaryHome()
  const two = await startNode({ ticket: one.ticket(), home })
  await set(one, 'u:role', 'relay')
  await set(two, 'u:zone', 'east')
  await until(() => seen(two, one, 'u:role'), Boolean)
  await Promise.all([one.stop(), two.stop()])
  const again = await startNode({ home, ticket: one.ticket() })
  expect(text(seen(again, one, 'u:role'))).toBe('relay')
  expect(text(again.cluster!.replica.get('u:zone'))).toBe('east')
})

test('a write that breaks a bound is refused, and nothing of it is written', async () => {
  const node = await startNode()
  const writes = [
    { key: 'u:a', value: Buffer.from('1') },
    { key: 'u:b', value: new Uint8Array(65_537) },
  ]
  await expect(node.cluster!.write(writes)).rejects.toMatchObject({ code: 'oversize' })
  expect(node.cluster!.replica.get('u:a')).toBeUndefined()
})

test('a node that is alone says goodbye to nobody, and has nothing to wake up for', async () => {
  const node = await startNode()
  await set(node, 'u:a', '1')
  expect(node.cluster!.isAtRest).toBe(true)
  await node.cluster!.leave()
})

test('members are found by their tags, which are what they say of themselves', async () => {
  const one = await startNode({ name: 'one' })
  const two = await startNode({ ticket: one.ticket(), name: 'two' })
  await set(one, 'u:role', 'relay')
  await set(two, 'u:role', 'guest')
  await set(two, 'u:photo', 'x'.repeat(257))
  await until(
    () => one.members.list({ tag: ['role'] }),
    (found) => found.length === 2,
  )
  expect(one.members.list({ tag: ['role=re*'] }).map(({ name }) => name)).toEqual(['one'])
  expect(two.members.list({ tag: ['role=*', 'role=g?est'] }).map(({ name }) => name)).toEqual(['two'])
  expect(two.members.show('two').tags).toEqual({ role: 'guest' })
  expect(() => one.members.list({ tag: ['=x'] })).toThrow(expect.objectContaining({ code: 'usage' }))
  expect(() => one.members.forget('two')).toThrow(expect.objectContaining({ code: 'usage' }))
})

test('nodes that joined by one find each other, and go on when that one is gone', async () => {
  const hub = await startNode()
  const [left, right] = [await startNode({ ticket: hub.ticket() }), await startNode({ ticket: hub.ticket() })]
  await until(
    () => left.members.list().filter(({ connected }) => connected).length,
    (count) => count === 2,
    20_000,
  )
  await hub.stop()
  await set(left, 'u:news', 'still here')
  await until(
    () => text(seen(right, left, 'u:news')),
    (news) => news === 'still here',
    20_000,
  )
  expect(status(right, left)).toBe('alive')
  expect(status(right, hub)).toBe('left')
})
