import { until } from '../site.ts'
import { expect } from 'vitest'
import { OurNode, texts } from './our-node.ts'
import {
  dialectOf,
  expectExactly,
  expectGoodScores,
  name,
  thousand,
  topicOf,
  type Foreign,
  type Mode,
} from './scenario.ts'

/** A foreign peer passes on what our nodes on its two sides say. */
export async function middleScenario(foreign: Foreign, mode: Mode): Promise<void> {
  const middle = await foreign.start({ mode })
  const start = (): Promise<OurNode> => OurNode.start(foreign.network, [topicOf(mode)], dialectOf(mode))
  const sides = await Promise.all([start(), start()])
  const [one, two] = sides
  await middle.join(one.wireTopic(name))
  for (const side of sides) {
    await side.node.peering.add(middle.address)
    await side.hasMesh(name, 1)
  }
  // Only the peer in the middle knows who is in its mesh.
  await passesThrough(one, two)
  await passesThrough(two, one)
  await Promise.all([one.publish(name, 'one', thousand), two.publish(name, 'two', thousand)])
  for (const [reader, author] of [
    [one, 'two'],
    [two, 'one'],
  ] as const) {
    const arrived = await until(
      () => reader.texts(name).filter((text) => text.startsWith(`${author} `)),
      ({ length }) => length >= thousand,
      60_000,
    )
    expectExactly(author, arrived, texts(author, thousand))
  }
  for (const side of sides) {
    await expectGoodScores(side, middle)
    expect(side.node.status().peers.map(({ peerId }) => peerId)).toEqual([middle.id])
  }
}

/** Resolves once what one node says arrives at another. */
async function passesThrough(from: OurNode, to: OurNode): Promise<void> {
  let tries = 0
  await until(
    async () => {
      await from.publish(name, `try ${tries++} of ${from.id}`, 1)
      return to.texts(name).some((text) => text.includes(from.id))
    },
    (hasArrived) => hasArrived,
  )
}
