import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeEnvelope, peerIdFromKey } from '@grapevine/protocol'
import { expect, onTestFinished, test } from 'vitest'
import { checkEvidence } from '../../src/evidence/check.ts'
import type { Node } from '../../src/node.ts'
import { collect, type ForeignPeer, startForeign, startNode, until } from '../test-network.ts'

/** A peer of which messages reach the node. */
async function startAuthor(node: Node): Promise<ForeignPeer> {
  const peer = await startForeign(node, ['t'])
  await until(
    () => peer.gossip.getSubscribers(peer.wireName('t')).length,
    (count) => count > 0,
  )
  return peer
}

/** Signs one message for each text, all under one number. */
async function equivocate(peer: ForeignPeer, texts: readonly string[], sequence = 5): Promise<string> {
  const envelopes = texts.map((text) => peer.envelope('t', text, { sequence }))
  for (const bytes of envelopes) await peer.publish('t', bytes)
  const decoded = decodeEnvelope(envelopes[0]!)
  if (!decoded.ok) throw new Error(decoded.detail)
  return peerIdFromKey(decoded.envelope.body.author)
}

test('an author that signs two messages under one number: both are delivered, and a proof is kept that anybody can check', async () => {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const node = await startNode({ home })
  const texts = collect(node, 't')
  const liar = await startAuthor(node)
  expect(node.status().evidence).toBe(0)
  const author = await equivocate(liar, ['yes', 'no'])
  const [found] = await until(
    () => node.evidence.list(),
    (list) => list.length === 1,
  )
  await until(
    () => texts,
    ({ length }) => length === 2,
  )
  expect(texts.toSorted()).toEqual(['no', 'yes'])
  expect(found).toMatchObject({ topic: 't', author, epoch: 1, first: 5, last: 5, network: node.network().id })
  expect(node.status().evidence).toBe(1)

  const shown = await node.evidence.show(found!.id.slice(0, 8))
  expect(shown.statements.map(({ text }) => text ?? '').toSorted()).toEqual(['no', 'yes'])
  for (const { id } of shown.statements) expect(node.why(id).evidence).toEqual([found!.id])
  const { found: _, ...proven } = shown
  expect(checkEvidence(shown.file)).toEqual(proven)
  expect(() => checkEvidence(shown.file.replace('"t"', '"u"'))).toThrow(expect.objectContaining({ code: 'no-proof' }))

  await node.stop()
  const again = await startNode({ home, network: 'test' })
  expect(again.evidence.list()).toEqual([found])
  expect(await again.evidence.show(found!.id)).toEqual(shown)
})

test('authors that number their messages well, and copies, are evidence of nothing', async () => {
  const node = await startNode()
  const texts = collect(node, 't')
  const honest = await startAuthor(node)
  const envelope = honest.envelope('t', 'one', { sequence: 1 })
  const messages = ['two', 'three'].map((text) => Buffer.from(text))
  await honest.publish('t', envelope)
  await honest.publish('t', honest.envelope('t', '', { sequence: 2, messages }))
  await honest.publish('t', honest.envelope('t', 'another life', { sequence: 1, epoch: 2 }))
  await honest.publish('t', honest.envelope('t', 'four', { sequence: 4 }))
  await until(
    () => texts,
    ({ length }) => length === 5,
  )
  expect(node.evidence.list()).toEqual([])
})

test('who signs a hundred messages under one number costs four proofs, and does not hide what others do', async () => {
  const node = await startNode()
  const texts = collect(node, 't')
  const [loud, quiet] = [await startAuthor(node), await startAuthor(node)]
  await equivocate(
    loud,
    Array.from({ length: 100 }, (_, index) => `version ${index}`),
  )
  const author = await equivocate(quiet, ['yes', 'no'])
  await until(
    () => texts,
    ({ length }) => length === 102,
  )
  const found = await until(
    () => node.evidence.list(),
    (list) => list.length === 5,
  )
  expect(found.filter((of) => of.author === author)).toHaveLength(1)
  await expect(node.evidence.show('00')).rejects.toMatchObject({ code: 'not-found' })
})
