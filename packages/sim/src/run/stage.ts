import { keyTexts, type Disk, type KeptRecord } from '../disk.ts'
import type { Rng } from '../rng.ts'
import type { Population } from './population.ts'
import type { Stage } from './timeline.ts'

/** A node that said goodbye goes after this long, in ms. */
const goodbyeMs = 2000

/** Where the events of a scenario happen; `onDisturbed` is told after each. */
export function stageOf(population: Population, onDisturbed: () => void): Stage {
  const { world, disks, places } = population
  const then =
    <Arguments extends readonly unknown[]>(act: (...given: Arguments) => void) =>
    (...given: Arguments): void => {
      act(...given)
      onDisturbed()
    }
  const crash = then((nodes: readonly number[]) => population.crash(nodes))
  return {
    isUp: (node) => population.isUp(node) && !population.hasLeft(node),
    at: (time, run) => world.at(time, run),
    now: () => world.now,
    partition: then((groups) => population.partition(groups)),
    heal: then(() => population.partition([])),
    crash,
    start: then((nodes) => population.start(nodes)),
    leave: (nodes) => {
      population.leave(nodes)
      world.at(world.now + goodbyeMs, () => crash(nodes))
    },
    setLoss: then((loss) => {
      places.loss = loss
    }),
    fillDisks: then((nodes, isFull) => {
      for (const node of nodes) disks[node]!.isFull = isFull
    }),
    damageDisks: then((nodes, count, rng) => {
      for (const node of nodes) damage(population, node, count, rng)
    }),
  }
}

/** Records of a disk go bad, of those that another disk has in good order: no protocol could save the others. */
function damage(population: Population, node: number, count: number, rng: Rng): void {
  const { disks, world } = population
  const others = disks.filter((_, other) => other !== node)
  const isSpared = ({ isDamaged, record }: KeptRecord): boolean => {
    const hasAll = (disk: Disk): boolean => keyTexts(record).every((text) => disk.find(text)?.isDamaged === false)
    return !isDamaged && others.some(hasAll)
  }
  if (!population.isUp(node)) return
  const victims = rng.shuffle([...disks[node]!.records].filter(isSpared)).slice(0, count)
  for (const kept of victims) disks[node]!.damage(kept, world.now)
}
