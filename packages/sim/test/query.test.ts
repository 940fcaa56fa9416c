import { describe, expect, test } from 'vitest'
import {
  type HostId,
  measureQueries,
  type QueryHost,
  type QueryResult,
  questionOf,
  queryWorld,
  type World,
} from '../src/index.ts'

const link = { latencyMs: 20, jitterMs: 30 }
const seeds = [1, 2, 3, 4, 5]

function ask(world: World<Uint8Array, QueryHost>, on: HostId, question: Parameters<QueryHost['ask']>[0]): QueryResult {
  let result: QueryResult | undefined
  world.act(on, (host, now) => (result = host.ask(question, now)))
  return result!
}

describe('a question', () => {
  test.each(seeds)(
    'reaches all in a network where nodes see few others, and all answer, even if a third of all frames is lost: seed %i',
    (seed) => {
      const { world, names } = queryWorld({
        nodes: 40,
        degree: 5,
        seed,
        link: { ...link, loss: 0.3, duplication: 0.1 },
      })
      const result = ask(world, names[0]!, questionOf({ relays: 2 }))
      world.drain()
      expect(result.isOver).toBe(true)
      expect([result.acknowledged.size, result.answered.size]).toEqual([40, 40])
      // Each once, however many copies came.
      expect(names.map((name) => world.actor(name)!.asked)).toEqual(names.map(() => 1))
    },
  )

  test('to those with a tag is answered by those alone, and carried by all', () => {
    const { world, names } = queryWorld({ nodes: 30, degree: 4, seed: 7, link })
    const result = ask(world, names[1]!, questionOf({}, 'role=re*'))
    world.drain()
    expect(result.answered).toEqual(new Set(names.filter((_, index) => index % 2 === 0)))
    expect(names.map((name) => world.actor(name)!.asked)).toEqual(names.map((_, index) => (index + 1) % 2))
  })

  test.each(seeds)('is answered by all that can be reached while others crash and come back: seed %i', (seed) => {
    const { world, names, graph } = queryWorld({ nodes: 30, degree: 6, seed, link })
    const [origin, ...others] = names
    const restarting = world.rng.shuffle(others).slice(0, 5)
    for (const name of restarting) world.crash(name)
    const result = ask(world, origin!, questionOf({ relays: 2 }))
    world.run(world.now + 60)
    // What a restart does to connections.
    for (const name of restarting) {
      world.restart(name)
      for (const neighbour of graph.get(name)!) {
        const links = graph.get(neighbour)!
        world.act(neighbour, (host, now) =>
          host.link(
            links.filter((each) => each !== name),
            now,
          ),
        )
        world.act(neighbour, (host, now) => host.link(links, now))
      }
    }
    world.drain()
    expect(result.answered.size).toBe(30)
  })

  test('that comes to both sides of a partition is answered by this side, and by the other if it heals in time', () => {
    const { world, names } = queryWorld({ nodes: 20, degree: 6, seed: 3, link })
    const [left, right] = [names.slice(0, 10), names.slice(10)]
    world.partition([left, right])
    const early = ask(world, names[0]!, questionOf({ timeoutMs: 400 }))
    world.run(500)
    for (const name of early.answered) expect(left).toContain(name)
    const late = ask(world, names[0]!, questionOf())
    world.run(1000)
    world.heal()
    world.drain()
    expect(late.answered.size).toBe(20)
  })

  test('to one neighbour goes to it and its helpers only', () => {
    const { world, names, graph, traffic } = queryWorld({ nodes: 100, degree: 8, seed: 9, link })
    const [origin] = names
    const target = graph.get(origin!)![0]!
    let result: QueryResult | undefined
    world.act(origin!, (host, now) => (result = host.ask(questionOf({ members: [host.idOf(target)], relays: 2 }), now)))
    world.drain()
    expect(result!.answered).toEqual(new Set([target]))
    expect(traffic.frames).toBeLessThan(60)
  })
})

test('relays bring answers past nodes that keep them to themselves', () => {
  const figures = (relays: number): number =>
    measureQueries({ nodes: 60, degree: 8, seed: 11, link, swallowers: 0.2 }, relays, 5).answered
  const [none, two, four] = [0, 2, 4].map(figures)
  expect(none).toBeLessThan(0.9)
  expect(two).toBeGreaterThan(none!)
  expect(four).toBeGreaterThan(0.97)
})

test('a seed repeats a run exactly', () => {
  const run = (): unknown => measureQueries({ nodes: 20, degree: 4, seed: 42, link: { ...link, loss: 0.2 } }, 1, 2)
  expect(run()).toEqual(run())
})
