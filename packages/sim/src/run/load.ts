import type { Millis } from '@grapevine/protocol'
import type { Rng } from '../rng.ts'
import { selectNodes } from '../scenario-file/select.ts'
import type { ScenarioFile } from '../scenario-file/scenario-file.ts'

/** What publishes and writes need of their world. */
export interface LoadOptions {
  readonly file: ScenarioFile
  readonly rng: Rng
  readonly isUp: (node: number) => boolean
  readonly at: (time: Millis, run: () => void) => void
  readonly publish: (node: number, topic: string, bytes: number) => void
  readonly write: (node: number, key: string, bytes: number) => void
}

/** Topics of a scenario: all nodes hold them. */
export const topicsOf = ({ workload, publishes }: ScenarioFile): readonly string[] => [
  ...new Set([...workload, ...publishes].map(({ topic }) => topic)),
]

/** Has the nodes of a scenario publish and write: each by one that is up, drawn anew. */
export function startLoads({ file, rng, isUp, at, publish, write }: LoadOptions): void {
  const start = (
    load: { readonly ratePerSecond: number; readonly startMs: number; readonly untilMs?: number },
    { names, path, luck }: { names: string; path: string; luck: Rng },
    act: (node: number, turn: number) => void,
  ): void => {
    const nodes = selectNodes(names, file, path, { rng: luck })
    const untilMs = load.untilMs ?? file.durationMs
    const meanMs = 1000 / load.ratePerSecond
    const turn = (time: Millis, count: number): void => {
      if (time > untilMs) return
      at(time, () => {
        const node = luck.pick(nodes)
        if (isUp(node)) act(node, count)
        turn(time + (0.5 + luck.unit()) * meanMs, count + 1)
      })
    }
    if (nodes.length > 0) turn(load.startMs + luck.unit() * meanMs, 0)
  }
  for (const [index, load] of file.workload.entries()) {
    const path = `workload[${index}]`
    start(load, { names: load.publishers, path: `${path}.publishers`, luck: rng.fork(path) }, (node) =>
      publish(node, load.topic, load.bytes),
    )
  }
  for (const { atMs, node, topic, bytes } of file.publishes) at(atMs, () => isUp(node) && publish(node, topic, bytes))
  for (const [index, load] of file.writes.entries()) {
    const path = `writes[${index}]`
    start(load, { names: load.writers, path: `${path}.writers`, luck: rng.fork(path) }, (node, turn) =>
      write(node, `u:w${index}-${turn % load.keys}`, load.bytes),
    )
  }
}
