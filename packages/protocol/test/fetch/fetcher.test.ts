import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChunkTree, chunkSize } from '../../src/fetch/chunk-tree.ts'
import { Fetcher } from '../../src/fetch/fetcher.ts'
import { bodyOf, FetchWorld, idOf, type Manner, type Peer, sha256 } from './fetch-world.ts'

const peer = (name: string, manner: Manner = 'honest', more: Partial<Peer> = {}): Peer => ({
  name,
  manner,
  latencyMs: 20,
  chunkMs: 10,
  ...more,
})
const mib = 1 << 20
const root0 = new Uint8Array(0)

describe('a fetcher', () => {
  test('fetches a body of 32 MiB from several peers at once, each chunk once', () => {
    const body = bodyOf(1, 32 * mib)
    const alone = new FetchWorld()
    alone.offer(body, [peer('a')])
    alone.run()
    const world = new FetchWorld()
    world.offer(body, [peer('a'), peer('b'), peer('c'), peer('d')])
    world.run()
    expect(world.done.get(idOf(body))!.at).toBeLessThan(alone.done.get(idOf(body))!.at / 3)
    const served = [...world.served.values()]
    expect(served.reduce((sum, count) => sum + count)).toBe(128)
    expect(Math.min(...served)).toBeGreaterThan(20)
    expect([world.inFlightMost, world.fetcher.size, world.fetcher.bytes]).toEqual([4, 0, 0])
  })

  test('says how far a body is, and who is asked for the rest', () => {
    const body = bodyOf(1, 3 * chunkSize)
    const fetcher = new Fetcher({ seed: 7, sha256 })
    const tree = new ChunkTree(body, sha256)
    expect(fetcher.progressOf('b')).toBeUndefined()
    const offer = { type: 'offered', id: 'b', size: body.length, root: tree.root, isPreferred: true } as const
    const asks = fetcher.handle({ ...offer, peer: 'a' }, 0).filter((action) => action.type === 'ask')
    expect(fetcher.progressOf('b')).toEqual({ have: 0, peers: ['a'] })
    const { ref, index } = asks[1]!
    fetcher.handle({ type: 'chunk', ref, bytes: tree.chunk(index), proof: tree.proof(index) }, 1)
    expect(fetcher.progressOf('b')).toEqual({ have: 1, peers: ['a'] })
    fetcher.handle({ type: 'peerGone', peer: 'a' }, 2)
    expect(fetcher.progressOf('b')).toBeUndefined()
  })

  test('knows who sent a wrong chunk at the first one, and gets the body from others', () => {
    const body = bodyOf(1, 4 * mib)
    const world = new FetchWorld()
    world.offer(body, [peer('liar', 'corrupt', { latencyMs: 1 }), peer('a'), peer('b')])
    world.run()
    expect(world.done.get(idOf(body))!.peers.toSorted()).toEqual(['a', 'b'])
    expect([...world.blamed]).toEqual([['liar', new Set(['bad-chunk'])]])
  })

  test('loses one time-out with a peer that offers and never delivers', () => {
    const body = bodyOf(1, 8 * mib)
    const world = new FetchWorld({ timeoutMs: 1000 })
    world.offer(body, [peer('silent', 'silent'), peer('a')])
    world.run()
    expect(world.done.get(idOf(body))!.at).toBeLessThan(1000 + 32 * 30)
    expect([...world.late]).toEqual(['silent'])
    expect(world.blamed.size).toBe(0)
  })

  test('blames all who offered under an id what is another body, and fetches the right one', () => {
    const body = bodyOf(1, 2 * mib)
    const world = new FetchWorld()
    world.offer(body, [peer('liar', 'false'), peer('friend', 'false'), peer('a')])
    world.run()
    expect(world.done.get(idOf(body))!.peers).toEqual(['a'])
    expect(new Set(world.blamed.keys())).toEqual(new Set(['liar', 'friend']))
    expect(world.blamed.get('liar')).toEqual(new Set(['false-root']))
    expect(world.failed).toEqual([])
  })

  test('asks preferred peers first, and others only where those fail', () => {
    const body = bodyOf(1, mib)
    const world = new FetchWorld()
    world.offer(body, [peer('a', 'honest', { isPreferred: false }), peer('b')])
    world.run()
    expect([...world.served.keys()]).toEqual(['b'])
    const next = new FetchWorld()
    next.offer(body, [peer('a', 'honest', { isPreferred: false }), peer('b', 'lacks')])
    next.run()
    expect([...next.served.keys()]).toEqual(['a'])
    expect(next.blamed.size).toBe(0)
  })

  test('says so when nobody is left who could have it, and begins anew when it is offered again', () => {
    const body = bodyOf(1, mib)
    const world = new FetchWorld({ timeoutMs: 1000 })
    world.offer(body, [peer('silent', 'silent'), peer('lacks', 'lacks')])
    world.run()
    expect(world.failed).toEqual([`${idOf(body)} nobody`])
    expect([world.fetcher.size, world.fetcher.nextWakeup]).toEqual([0, undefined])
    world.offer(body, [peer('a')])
    world.run()
    expect(world.done.has(idOf(body))).toBe(true)
  })

  test('blames offers that cannot be, and forgets what came another way', () => {
    const fetcher = new Fetcher({ seed: 1 })
    const offer = {
      type: 'offered',
      peer: 'p',
      id: 'x',
      size: chunkSize,
      root: new Uint8Array(32),
      isPreferred: true,
    } as const
    for (const bad of [{ size: 0 }, { size: 33 * mib }, { size: 1.5 }, { root: new Uint8Array(31) }]) {
      expect(fetcher.handle({ ...offer, ...bad }, 0)).toEqual([
        { type: 'blame', peer: 'p', id: 'x', reason: 'bad-offer' },
      ])
    }
    expect(fetcher.handle(offer, 0)).toMatchObject([{ type: 'ask', peer: 'p', index: 0 }])
    expect(fetcher.handle({ type: 'forget', id: 'x' }, 0)).toEqual([])
    expect([fetcher.size, fetcher.nextWakeup]).toEqual([0, undefined])
  })

  const offer = (peerName: string, id: string, fill: number, size = 4 * mib) =>
    ({ type: 'offered', peer: peerName, id, size, root: new Uint8Array(32).fill(fill), isPreferred: true }) as const

  test('tries one root of an id at a time, and few bodies because of one peer', () => {
    const fetcher = new Fetcher({ seed: 1, inFlightMax: 100, activeOfPeerMax: 2, timeoutMs: 1000 })
    expect(fetcher.handle(offer('p', 'x', 1), 0).length).toBe(16)
    expect(fetcher.handle(offer('q', 'x', 2), 0)).toEqual([])
    expect(fetcher.handle(offer('p', 'y', 3), 0).length).toBe(16)
    expect(fetcher.handle(offer('p', 'z', 4), 0)).toEqual([])
    // Another peer that has it, and has room, brings it forward.
    expect(fetcher.handle(offer('r', 'z', 4), 0).length).toBe(16)
    const next = fetcher.handle({ type: 'tick' }, 1000).filter(({ type }) => type === 'ask')
    expect(new Set(next.map((action) => (action.type === 'ask' ? `${action.peer} ${action.id}` : '')))).toEqual(
      new Set(['q x']),
    )
  })

  test('counts a body for the next peer that offers it, when the first one fails', () => {
    const fetcher = new Fetcher({ seed: 1, activeOfPeerMax: 1 })
    const [first] = fetcher.handle(offer('p', 'x', 1, chunkSize), 0)
    fetcher.handle(offer('q', 'x', 1, chunkSize), 0)
    expect(fetcher.handle({ type: 'lacks', ref: (first as { ref: number }).ref }, 1)).toMatchObject([
      { type: 'ask', peer: 'q' },
    ])
    expect(fetcher.handle(offer('q', 'y', 2, chunkSize), 2)).toEqual([])
    expect(fetcher.handle(offer('p', 'z', 3, chunkSize), 2)).toMatchObject([{ type: 'ask', peer: 'p', id: 'z' }])
  })

  test('lets peers that are not preferred wait once, not for each chunk', () => {
    const body = bodyOf(1, 8 * mib)
    const world = new FetchWorld({ delayMs: 500 })
    world.offer(body, [peer('a', 'honest', { isPreferred: false })])
    world.run()
    expect(world.done.get(idOf(body))!.at).toBeLessThan(1000)
  })

  test('asks a peer that sent a wrong chunk for nothing more, whatever the host does', () => {
    const fetcher = new Fetcher({ seed: 1, sha256, inFlightMax: 20 })
    const [first] = fetcher.handle(offer('liar', 'x', 1, chunkSize), 0)
    fetcher.handle(offer('liar', 'y', 2), 0)
    fetcher.handle(offer('honest', 'y', 2), 0)
    const wrong = {
      type: 'chunk',
      ref: (first as { ref: number }).ref,
      bytes: new Uint8Array(chunkSize),
      proof: root0,
    } as const
    const actions = fetcher.handle(wrong, 1)
    expect(actions.filter(({ type }) => type !== 'ask')).toEqual([
      { type: 'blame', peer: 'liar', id: 'x', reason: 'bad-chunk' },
      { type: 'failed', id: 'x', reason: 'nobody' },
    ])
    const asks = actions.filter((action) => action.type === 'ask')
    expect(asks.map((action) => action.peer)).toEqual(asks.map(() => 'honest'))
    expect(asks.length).toBe(16)
  })

  test('fetches for honest peers while others offer thousands of bodies that they never deliver', () => {
    const world = new FetchWorld({ offersOfPeerMax: 100 })
    for (let fake = 0; fake < 300; fake++) {
      const [name, root] = [`flooder ${fake % 3}`, new Uint8Array(32).fill(fake)]
      world.schedule(0, { type: 'offered', peer: name, id: `fake ${fake}`, size: 32 * mib, root, isPreferred: true })
    }
    const bodies = Array.from({ length: 10 }, (_, number) => bodyOf(number, mib))
    for (const body of bodies) world.offer(body, [peer('silent', 'silent'), peer('a')], 1)
    for (let flooder = 0; flooder < 3; flooder++) world.offer(bodies[0]!, [peer(`flooder ${flooder}`, 'silent')], 1)
    world.run(30_000)
    expect(world.done.size).toBe(10)
  })

  test('keeps within its bytes: of who takes up most, what comes slowest makes way', () => {
    const world = new FetchWorld({ bytesMax: 8 * mib, timeoutMs: 100_000 })
    for (let number = 0; number < 4; number++) world.offer(bodyOf(number, 4 * mib), [peer('stalling', 'stalling')])
    world.run(30_000)
    const honest = bodyOf(9, 2 * mib)
    world.offer(honest, [peer('a')])
    world.run()
    expect(world.bytesMost).toBeLessThanOrEqual(8 * mib + chunkSize)
    expect(world.done.get(idOf(honest))!.at).toBeLessThan(31_000)
    expect(world.failed[0]).toMatch(/ room$/)
    // Not the one of which most has come in the same time.
    expect(world.failed[0]).not.toContain(idOf(bodyOf(0, 4 * mib)))
  })
})

test('whatever peers do, every body that an honest one offers comes whole, and only who lied is blamed', () => {
  const anyPeer = fc.record({
    manner: fc.constantFrom<Manner>('honest', 'silent', 'stalling', 'corrupt', 'lacks', 'false'),
    latencyMs: fc.nat(300),
    chunkMs: fc.nat(50),
    isPreferred: fc.boolean(),
  })
  const anyBody = fc.record({
    chunks: fc.integer({ min: 1, max: 6 }),
    rest: fc.nat(1000),
    peers: fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 5 }),
    at: fc.nat(3000),
  })
  fc.assert(
    fc.property(
      fc.array(anyPeer, { minLength: 6, maxLength: 6 }),
      fc.array(anyBody, { minLength: 1, maxLength: 5, size: 'max' }),
      fc.integer(),
      (kinds, plans, seed) => {
        const world = new FetchWorld({ timeoutMs: 2000, windowChunks: 3, activeOfPeerMax: 2 }, seed)
        const peers = kinds.map((kind, index): Peer => ({ name: `${kind.manner} ${index}`, ...kind }))
        const wanted = plans.map(({ chunks, rest, peers: of, at }, number) => {
          const body = bodyOf(number, (chunks - 1) * chunkSize + 1 + rest)
          world.offer(
            body,
            of.map((index) => peers[index]!),
            at,
          )
          return { id: idOf(body), isThere: of.some((index) => peers[index]!.manner === 'honest') }
        })
        world.run()
        for (const { id, isThere } of wanted) if (isThere) expect(world.done.has(id)).toBe(true)
        for (const name of world.blamed.keys()) expect(name).toMatch(/^(corrupt|false) /)
        for (const name of world.late) expect(name).not.toMatch(/^honest /)
        expect([world.fetcher.size, world.fetcher.bytes, world.fetcher.nextWakeup]).toEqual([0, 0, undefined])
      },
    ),
    { numRuns: 60, interruptAfterTimeLimit: 20_000 },
  )
})
