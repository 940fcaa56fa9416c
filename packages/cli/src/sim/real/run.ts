import { setTimeout as sleep } from 'node:timers/promises'
import { Fleet, Lab, labMissing, type FleetNode } from '@grapevine/node/lab'
import { planScenario, type ScenarioPlan } from '@grapevine/sim/run'
import type { ScenarioFile } from '@grapevine/sim/scenario-file'
import { RealBook } from './book.ts'
import { refuseUnreal, unmodelled } from './scope.ts'
import { RealStage } from './stage.ts'

/** How often it is looked whether all have all, in ms. */
const lookMs = 200
/** Most questions about copies: one for each message and node. */
const questionsMax = 20_000

/** What real processes did with a scenario. */
export interface RealRun {
  readonly file: ScenarioFile
  readonly plan: ScenarioPlan
  readonly book: RealBook
  /** What of the scenario was passed over, in words. */
  readonly passedOver: readonly string[]
  readonly hasLinks: boolean
  /** From when the mesh stood, in ms. */
  readonly tookMs: number
  /** Nodes that were up in the end, and how many messages each of them lacks, if any. */
  readonly up: readonly number[]
  readonly lacking: ReadonlyMap<number, number>
  /** How often nodes got a message that they got by gossip: by number of copies. */
  readonly copies: ReadonlyMap<number, number>
  /** Neighbours in the mesh in the end, the mean over nodes that are up, and topics. */
  readonly meshSize: number
  /** What went over the links, with IP headers. */
  readonly bytes: number | undefined
}

/** Says what is going on. */
export type OnStage = (what: string) => void

/** Plays a scenario with real processes. Errors of {@link refuseUnreal}, and of `Fleet.open`; `stopped` by the signal. */
export async function runReal(file: ScenarioFile, signal: AbortSignal, onStage: OnStage): Promise<RealRun> {
  const noLab = await labMissing()
  refuseUnreal(file, noLab)
  const plan = planScenario(file)
  await using lab = noLab === undefined ? await openLab(file, plan) : undefined
  onStage(`starting ${file.nodes - plan.late.size} processes`)
  await using fleet = await Fleet.open({
    program: [process.execPath, ...process.execArgv, process.argv[1]!],
    nodes: file.nodes,
    dials: plan.pairs.map(([from, to]) => ({ from, to })),
    lab,
    config: { 'reconcile.intervalMs': file.reconcile.intervalMs },
    late: plan.late,
    signal,
  })
  const { topics } = plan
  const isLossless = file.parts.includes('reconcile')
  const early = fleet.nodes.filter(({ index }) => !plan.late.has(index))
  onStage('waiting for a mesh')
  for (const topic of topics) {
    if (!isLossless) for (const node of early) await defineBestEffort(node, topic)
    await fleet.join(
      topic,
      early.map(({ index }) => index),
    )
  }
  const book = new RealBook(file.nodes)
  const end = new AbortController()
  const readers: Promise<void>[] = []
  const read = (node: FleetNode): void => void readers.push(book.read(node, topics, isLossless, end.signal))
  const onNew = async (node: FleetNode): Promise<void> => {
    for (const topic of topics) {
      if (!isLossless) await defineBestEffort(node, topic)
      await node.client.call('topicHold', {}, { body: { topic } })
    }
    read(node)
  }
  try {
    for (const node of early) read(node)
    const stage = new RealStage(
      { fleet, lab, book, onNew },
      early.map(({ index }) => index),
    )
    const start = performance.now()
    for (const step of plan.steps) {
      await sleep(Math.max(0, start + step.atMs - performance.now()), undefined, { signal })
      if (step.type !== 'publish') onStage(`${step.type} after ${(step.atMs / 1000).toFixed(1)} s`)
      stage.play(step)
    }
    await sleep(Math.max(0, start + file.durationMs - performance.now()), undefined, { signal })
    await stage.done()
    onStage('waiting until all have all')
    const up = fleet.nodes.filter(({ isUp }) => isUp).map(({ index }) => index)
    const deadline = performance.now() + file.settleMs
    while (book.lacking(up).size > 0 && performance.now() < deadline) await sleep(lookMs, undefined, { signal })
    const counts = await lab?.counts()
    return {
      file,
      plan,
      book,
      passedOver: unmodelled(file, noLab),
      hasLinks: lab !== undefined,
      tookMs: performance.now() - start,
      up,
      lacking: book.lacking(up),
      copies: await copiesOf(fleet, book),
      meshSize: await meshSizeOf(fleet, topics),
      bytes: counts?.bytes,
    }
  } finally {
    end.abort()
    await Promise.allSettled(readers)
  }
}

async function openLab(file: ScenarioFile, plan: ScenarioPlan): Promise<Lab> {
  const lab = await Lab.open(file.nodes)
  try {
    const { loss, jitterMs } = file.links
    // A lab's jitter goes both ways, the scenario's makes a packet later only.
    await lab.link({ loss, jitterMs: jitterMs / 2 })
    for (const [a, b] of plan.pairs) {
      for (const [from, to] of [
        [a, b],
        [b, a],
      ] as const)
        await lab.link({ delayMs: plan.latencyMs(from, to) + jitterMs / 2 }, { from, to })
    }
    return lab
  } catch (error) {
    await lab.close()
    throw error
  }
}

async function defineBestEffort({ client }: FleetNode, topic: string): Promise<void> {
  await client.call('topicDefine', {}, { body: { definition: { name: topic, delivery: 'best-effort' } } })
}

async function copiesOf(fleet: Fleet, book: RealBook): Promise<Map<number, number>> {
  const found = new Map<number, number>()
  const nodes = fleet.nodes.filter(({ isUp }) => isUp)
  if (book.acknowledged.length * nodes.length > questionsMax) return found
  for (const { id, node: author } of book.acknowledged) {
    const others = nodes.filter(({ index }) => index !== author)
    const stories = await Promise.all(others.map(({ client }) => client.call('why', { id }).catch(() => undefined)))
    for (const story of stories) {
      if (story?.steps.some(({ what }) => what === 'received') !== true) continue
      found.set(story.copies + 1, (found.get(story.copies + 1) ?? 0) + 1)
    }
  }
  return found
}

async function meshSizeOf(fleet: Fleet, topics: readonly string[]): Promise<number> {
  const up = fleet.nodes.filter(({ isUp }) => isUp)
  const statuses = await Promise.all(up.map((node) => node.status()))
  const sizes = statuses.flatMap((status) => status.topics.filter(({ topic }) => topics.includes(topic)))
  return sizes.length === 0 ? 0 : sizes.reduce((sum, { mesh }) => sum + mesh, 0) / sizes.length
}
