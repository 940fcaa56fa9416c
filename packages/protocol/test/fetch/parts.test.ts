import { expect, test } from 'vitest'
import { ChunkTree, chunkSize } from '../../src/fetch/chunk-tree.ts'
import type { FetchAction, FetchEvent } from '../../src/fetch/fetch-event.ts'
import { Fetcher } from '../../src/fetch/fetcher.ts'
import { bodyOf, sha256 } from './fetch-world.ts'

type Ask = FetchAction & { type: 'ask' }

const offerOf = (body: Uint8Array, peer: string, id = 'body'): FetchEvent => {
  const { root } = new ChunkTree(body, sha256)
  return { type: 'offered', peer, id, size: body.length, root, isPreferred: true }
}

function answer(fetcher: Fetcher, body: Uint8Array, { ref, index }: Ask, now: number): readonly FetchAction[] {
  const tree = new ChunkTree(body, sha256)
  return fetcher.handle({ type: 'chunk', ref, bytes: tree.chunk(index), proof: tree.proof(index) }, now)
}

const asksOf = (actions: readonly FetchAction[]): Ask[] => actions.filter((action) => action.type === 'ask')

test('what has come of a body stays when its last source goes, and only the rest is asked of the next', () => {
  const body = bodyOf(1, 3 * chunkSize)
  const fetcher = new Fetcher({ seed: 7, sha256, keepsParts: true })
  const asks = asksOf(fetcher.handle(offerOf(body, 'a'), 0))
  answer(fetcher, body, asks[1]!, 1)
  expect(fetcher.handle({ type: 'peerGone', peer: 'a' }, 2)).toMatchObject([{ type: 'failed', reason: 'nobody' }])
  expect(fetcher.progressOf('body')).toEqual({ have: 1, peers: [] })
  expect([fetcher.bytes, fetcher.nextWakeup]).toEqual([chunkSize, undefined])
  const rest = asksOf(fetcher.handle(offerOf(body, 'b'), 3))
  expect(rest.map(({ peer, index }) => [peer, index])).toEqual([
    ['b', 0],
    ['b', 2],
  ])
  const done = rest.flatMap((ask) => answer(fetcher, body, ask, 4))
  expect(done).toMatchObject([{ type: 'complete', body, peers: ['b'] }])
})

test('parts without a source make way for what comes, those of the peer that has most first, and hold up none of it', () => {
  const bytesMax = 4 * chunkSize
  const fetcher = new Fetcher({ seed: 7, sha256, keepsParts: true, bytesMax, activeOfPeerMax: 1 })
  for (let number = 0; number < 6; number++) {
    const body = bodyOf(number, 2 * chunkSize)
    const [ask] = asksOf(fetcher.handle(offerOf(body, 'mallory', `of mallory ${number}`), number))
    answer(fetcher, body, ask!, number)
    fetcher.handle({ type: 'peerGone', peer: 'mallory' }, number)
  }
  expect(fetcher.bytes).toBe(bytesMax)
  const body = bodyOf(100, 2 * chunkSize)
  const asks = asksOf(fetcher.handle(offerOf(body, 'alice'), 10))
  const done = asks.flatMap((ask) => answer(fetcher, body, ask, 11))
  expect(done.filter(({ type }) => type === 'complete')).toMatchObject([{ body }])
  expect(fetcher.bytes).toBe(bytesMax)
  for (let number = 0; number < 6; number++) fetcher.handle({ type: 'forget', id: `of mallory ${number}` }, 12)
  expect([fetcher.bytes, fetcher.size]).toEqual([2 * chunkSize, 1])
})
