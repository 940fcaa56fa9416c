import { defineTopic, type Topic } from '@grapevine/node'
import type { Dialect } from '@grapevine/protocol'
import { expect } from 'vitest'
import { until } from '../site.ts'
import { OurNode } from './our-node.ts'
import { name, type Foreign, type Mode } from './scenario.ts'

/** Each side speaks as it does in its own network: ours says what is wrong, once, and where people look. */
export async function disagreementScenario(
  foreign: Foreign,
  { ours: dialect, theirs, problem }: { readonly ours: Dialect; readonly theirs: Mode; readonly problem: string },
): Promise<void> {
  const ours = await OurNode.start(foreign.network, [defineTopic({ name }) as Topic], dialect)
  const peer = await foreign.start({ mode: theirs })
  const wire = ours.wireTopic(name)
  await peer.join(wire)
  await peer.dial(ours.address)
  await peer.saw('subscribed', ({ peer: id }) => id === ours.id)
  await peer.publish({ topic: wire, prefix: 'in its own way', count: 20 })
  const told = await until(
    () => ours.problem(peer.id),
    (text) => text !== undefined,
  )
  expect(told).toContain(problem)
  expect(ours.texts(name)).toEqual([])
  expect(ours.node.peering.show(peer.id)).toMatchObject({ problem: told, hint: expect.any(String) as string })
  expect(ours.warnings().filter(({ text }) => text.includes(problem))).toHaveLength(1)
}
