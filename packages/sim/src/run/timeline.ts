import type { Millis } from '@grapevine/protocol'
import type { Rng } from '../rng.ts'
import type { ScenarioEvent } from '../scenario-file/scenario-event.ts'
import { selectNodes } from '../scenario-file/select.ts'
import type { ScenarioFile } from '../scenario-file/scenario-file.ts'

/** What can be done to the nodes of a scenario. Each tells by itself that something changed. */
export interface Stage {
  readonly isUp: (node: number) => boolean
  readonly at: (time: Millis, run: () => void) => void
  readonly now: () => Millis
  readonly partition: (groups: readonly (readonly number[])[]) => void
  readonly heal: () => void
  readonly crash: (nodes: readonly number[]) => void
  /** For those that were never there, too. */
  readonly start: (nodes: readonly number[]) => void
  readonly leave: (nodes: readonly number[]) => void
  readonly setLoss: (loss: number) => void
  readonly fillDisks: (nodes: readonly number[], isFull: boolean) => void
  readonly damageDisks: (nodes: readonly number[], count: number, rng: Rng) => void
}

/** Nodes that are not there at the beginning. */
export function lateNodes(file: ScenarioFile): ReadonlySet<number> {
  const joins = file.events.filter((event) => event.type === 'join')
  return new Set(joins.flatMap(({ nodes }) => selectNodes(nodes, file, 'events')))
}

/** Has the events of a scenario happen. Whom they hit is drawn when they do. */
export function startEvents(file: ScenarioFile, rng: Rng, stage: Stage): void {
  for (const [index, event] of file.events.entries()) {
    const luck = rng.fork(`event ${index}`)
    stage.at(event.atMs, () => happen(event, { file, path: `events[${index}]`, luck, stage }))
  }
}

interface Context {
  readonly file: ScenarioFile
  readonly path: string
  readonly luck: Rng
  readonly stage: Stage
}

function happen(event: ScenarioEvent, context: Context): void {
  const { file, path, luck, stage } = context
  const select = (text: string, isEligible: (node: number) => boolean = stage.isUp): number[] =>
    selectNodes(text, file, path, { rng: luck, isEligible })
  const later = (forMs: number | undefined, run: () => void): void =>
    forMs === undefined ? undefined : stage.at(stage.now() + forMs, run)
  switch (event.type) {
    case 'partition':
      stage.partition(disjoint(event.groups.map((text) => select(text, () => true))))
      return later(event.forMs, stage.heal)
    case 'heal':
      return stage.heal()
    case 'crash': {
      const nodes = select(event.nodes)
      stage.crash(nodes)
      return later(event.forMs, () => stage.start(nodes))
    }
    case 'restart':
      return stage.start(select(event.nodes, (node) => !stage.isUp(node)))
    case 'join':
      return stage.start(select(event.nodes))
    case 'leave':
      return stage.leave(select(event.nodes))
    case 'churn':
      for (const node of select(event.nodes)) churn(node, event, context)
      return
    case 'loss':
      stage.setLoss(event.loss)
      return later(event.forMs, () => stage.setLoss(file.links.loss))
    case 'disk-full': {
      const nodes = select(event.nodes)
      stage.fillDisks(nodes, true)
      return later(event.forMs, () => stage.fillDisks(nodes, false))
    }
    case 'disk-damage':
      return stage.damageDisks(select(event.nodes), event.count, luck)
  }
}

/** A node is in the first of the groups that it is named in. */
function disjoint(groups: readonly (readonly number[])[]): number[][] {
  const seen = new Set<number>()
  return groups.map((group) => group.filter((node) => !seen.has(node) && seen.add(node)))
}

function churn(node: number, event: ScenarioEvent & { readonly type: 'churn' }, { luck, stage }: Context): void {
  const rng = luck.fork(`node ${node}`)
  const spell = (meanMs: number): Millis => stage.now() + (0.5 + rng.unit()) * meanMs
  const goUp = (): void => {
    stage.start([node])
    if (stage.now() >= event.untilMs) return
    const downAt = spell(event.upMs)
    if (downAt < event.untilMs) stage.at(downAt, goDown)
  }
  const goDown = (): void => {
    stage.crash([node])
    stage.at(Math.min(spell(event.downMs), event.untilMs), goUp)
  }
  // The first spell is cut short somewhere, so that nodes do not go in step.
  const first = stage.now() + rng.unit() * event.upMs
  if (first < event.untilMs) stage.at(first, goDown)
}
