import { meshDuplicates, meshTransmissions } from '@grapevine/sim/epidemic'
import {
  attackPresets,
  floodMesh,
  hardeningRules,
  meshNetwork,
  meshRules,
  runMesh,
  scorePresets,
  worldMap,
  type FloodOptions,
  type MeshNetwork,
  type MeshRules,
  type MeshRun,
  type MeshRunOptions,
  type MeshWatch,
} from '@grapevine/sim/mesh'
import { DeliveryCount, type RunOutcome } from '@grapevine/sim/report'
import type { MeshChoice } from './command/sim-mesh.ts'
import type { Context } from './context.ts'
import { CommandError } from './failure.ts'
import { note, plural, print, printJson, styled, suggest } from './output.ts'
import { meshOutcome } from './sim/mesh-outcome.ts'
import { checkSimFiles, isWanted, writeSimFiles, type SimFiles } from './sim/output.ts'
import { progress } from './sim/progress.ts'
import { sweepOutcome } from './sim/sweep-outcome.ts'
import { placeOf, type Sweep } from './sweep.ts'
import { table } from './table.ts'

/** A mesh that has run. */
interface Ran {
  readonly options: MeshRunOptions | FloodOptions
  readonly run: MeshRun
  readonly theory: MeshTheory
  readonly outcome: () => RunOutcome
}

/** What `sim mesh` was asked for beside the mesh. */
export interface MeshExtras {
  readonly files: SimFiles
  readonly sweep?: Sweep | undefined
}

/** Runs `sim mesh` and prints what came out. Error `usage` for options that do not belong together. */
export async function simulateMesh(choice: MeshChoice, context: Context, { files, sweep }: MeshExtras): Promise<void> {
  await checkSimFiles(files)
  const before = process.cpuUsage()
  const values = sweep?.values ?? []
  // Copies are counted for files only: they take time and memory with a million nodes.
  const isCounted = isWanted(files)
  const rans =
    sweep === undefined
      ? [runOf(choice, { isCounted })]
      : values.map(({ value }, index) =>
          runOf({ ...choice, [sweep.key]: value }, { isCounted, before: placeOf(sweep, index) }),
        )
  const { user, system } = process.cpuUsage(before)
  await writeSimFiles(files, () => {
    const outcomes = rans.map(({ outcome }) => outcome())
    return sweep === undefined ? outcomes[0]! : sweepOutcome(sweep, outcomes)
  })
  if (context.json) {
    const all = rans.map(({ options, run, theory }) => ({ options, seed: choice.seed, ...run, theory }))
    return printJson(sweep === undefined ? all[0] : all)
  }
  if (sweep === undefined) await printOne(rans[0]!, choice.seed)
  else await printSweep(rans, sweep)
  const seconds = (user + system) / 1e6
  const events = rans.reduce((sum, { run }) => sum + run.events, 0)
  const bytes = Math.max(...rans.map(({ run }) => run.bytes))
  const rate = (events / seconds / 1e6).toFixed(1)
  note(
    `${seconds.toFixed(2)} s of processor time, ${rate} million events a second, ${(bytes / 1e6).toFixed(1)} MB of arrays`,
  )
  suggest(`next: ${context.self} sim mesh --attack covert-flash`)
}

function runOf(choice: MeshChoice, { isCounted, before }: { isCounted: boolean; before?: string }): Ran {
  const regions = choice.latency?.law === 'world' ? worldMap.regions.map(({ name }) => name) : []
  const deliveries = isCounted ? new DeliveryCount(regions) : undefined
  const watch = { deliveries, onMessage: progress({ noun: 'message', total: choice.messages, before }) }
  const { options, run } = choice.static === true ? runStatic(choice, watch) : runFormed(choice, watch)
  const outcome = (): RunOutcome => meshOutcome({ options, seed: choice.seed, run, parts: deliveries?.parts ?? {} })
  return { options, run, theory: theoryOf(options), outcome }
}

async function printOne({ options, run, theory }: Ran, seed: number): Promise<void> {
  const sybils = 'attack' in options && options.attack ? `, ${options.attack.sybils.toLocaleString('en')} sybils` : ''
  const nodes = options.nodes.toLocaleString('en')
  await print(styled('bold', `mesh: ${nodes} nodes${sybils}, ${plural(run.messages, 'message')}, seed ${seed}`))
  for (const line of table(rowsOf(run, theory))) await print(line)
}

async function printSweep(rans: readonly Ran[], { name, values }: Sweep): Promise<void> {
  const heads = [name, 'delivered', 'median', 'p99', 'slowest', 'duplicates', 'copies', 'announced', 'mesh', 'honest']
  const rows = rans.map(({ run }, index) => [
    values[index]!.text,
    percent(run.delivered / run.expected),
    ...[run.delayMs.p50, run.delayMs.p99, run.delayMs.max].map((ms) => `${ms} ms`),
    run.duplicates.toFixed(3),
    run.sent.message.toLocaleString('en'),
    run.sent.ihave.toLocaleString('en'),
    run.meshSize.mean.toFixed(2),
    `${(run.honestPart * 100).toFixed(1)} %`,
  ])
  for (const line of table([heads, ...rows])) await print(line)
}

const percent = (part: number): string => `${(part * 100).toFixed(3)} %`

/** What is known of a mesh that is given. */
interface MeshTheory {
  readonly duplicates?: number
  readonly messages?: number
}

function theoryOf(options: MeshRunOptions | FloodOptions): MeshTheory {
  if (!('degree' in options)) return {}
  const { nodes, degree, messages } = options
  return { duplicates: meshDuplicates(nodes, degree), messages: messages * meshTransmissions(nodes, degree) }
}

function rowsOf(run: MeshRun, theory: MeshTheory): string[][] {
  const { delivered, expected, duplicates, delayMs, sent, meshSize, honestPart } = run
  const number = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 6 })
  const short = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 2 })
  return [
    ['delivered', number(delivered), `of ${number(expected)}, ${percent(delivered / expected)}`],
    ['delay', `${delayMs.p50} ms`, `median; p90 ${delayMs.p90} ms, p99 ${delayMs.p99} ms, slowest ${delayMs.max} ms`],
    [
      'duplicates',
      number(Number(duplicates.toFixed(6))),
      theory.duplicates === undefined
        ? 'for each node and message'
        : `for each node and message; D − 2 + 2/N is ${number(theory.duplicates)}`,
    ],
    [
      'copies sent',
      number(sent.message),
      theory.messages === undefined ? '' : `messages × (N(D − 1) + 1) is ${number(theory.messages)}`,
    ],
    ['announced', number(sent.ihave), `IHAVE; ${number(sent.iwant)} IWANT, ${number(sent.idontwant)} IDONTWANT`],
    [
      'mesh',
      short(meshSize.mean),
      `neighbours, ${meshSize.least} to ${meshSize.most}; GRAFT ${number(sent.graft)}, PRUNE ${number(sent.prune)}`,
    ],
    ['honest', `${(honestPart * 100).toFixed(1)} %`, 'of the neighbours in the mesh'],
    ...(run.regions ?? []).map(({ name, nodes, delayMs: { p50, p90, p99, max } }) => [
      name,
      plural(nodes, 'node'),
      nodes === 0 ? '' : `median ${p50} ms; p90 ${p90} ms, p99 ${p99} ms, slowest ${max} ms`,
    ]),
  ]
}

/** A mesh that is given. */
function runStatic(choice: MeshChoice, watch: MeshWatch): { options: FloodOptions; run: MeshRun } {
  const foreign = (
    ['dials', 'dLow', 'dHigh', 'dLazy', 'gossipFactor', 'heartbeat', 'attack', 'scores', 'after'] as const
  ).find((name) => choice[name] !== undefined)
  if (foreign !== undefined)
    throw new CommandError('usage', '--static has no heartbeat: it goes with --d only', flagHint)
  const rules = { ...rulesOf(choice, meshRules), floodPublish: false, heartbeatMs: 0 }
  const { nodes = 1000, messages, seed } = choice
  const options = { nodes, degree: rules.d, rules, network: networkOf(choice), messages }
  return { options, run: checked(() => floodMesh(options, seed, watch)) }
}

const flagHint = 'see: grapevine sim mesh --help'

/** A mesh that nodes form, at peace or under an attack. */
function runFormed(choice: MeshChoice, watch: MeshWatch): { options: MeshRunOptions; run: MeshRun } {
  const { attack: name, messages, interval: intervalMs, seed } = choice
  const preset = name === undefined ? undefined : attackPresets[name]
  if (preset === undefined && choice.after !== undefined)
    throw new CommandError('usage', '--after is about attackers: it needs --attack', flagHint)
  const { nodes = preset === undefined ? 1000 : 100, dials = preset === undefined ? 10 : 20 } = choice
  // Sybils in proportion: the evaluation had 1,000 honest nodes.
  const attack = preset && { ...preset, sybils: Math.round((preset.sybils * nodes) / 1000) }
  const score = choice.scores === undefined || choice.scores === 'none' ? undefined : scorePresets[choice.scores]
  const settledMs = choice.after ?? 10_000
  const options: MeshRunOptions = {
    nodes,
    dials,
    rules: rulesOf(choice, preset === undefined ? meshRules : hardeningRules),
    network: networkOf(choice),
    ...(score && { score }),
    ...(attack && { attack, publishers: Math.max(1, Math.round(nodes / 10)) }),
    warmMs: attack === undefined ? settledMs : attack.startMs + attack.covertMs + settledMs,
    trafficMs:
      score === undefined && attack === undefined
        ? 0
        : (attack?.startMs ?? 0) + (attack?.covertMs ?? 0) + settledMs - 5000,
    messages,
    intervalMs,
    settleMs: 8000,
  }
  return { options, run: checked(() => runMesh(options, seed, watch)) }
}

function rulesOf(choice: MeshChoice, rules: MeshRules): MeshRules {
  const { d = rules.d } = choice
  const isOwn = choice.d !== undefined
  return {
    ...rules,
    d,
    dLow: choice.dLow ?? (isOwn ? d - 1 : rules.dLow),
    dHigh: choice.dHigh ?? (isOwn ? 2 * d : rules.dHigh),
    dScore: Math.min(d, rules.dScore),
    dOut: Math.min(rules.dOut, Math.floor(d / 2)),
    dLazy: choice.dLazy ?? rules.dLazy,
    gossipFactor: choice.gossipFactor ?? rules.gossipFactor,
    heartbeatMs: choice.heartbeat ?? rules.heartbeatMs,
    floodPublish: choice.floodPublish,
    idontwantBytes: choice.idontwant ?? rules.idontwantBytes,
  }
}

function networkOf(choice: MeshChoice): MeshNetwork {
  return {
    latency: choice.latency?.law === 'world' ? { law: 'map', map: worldMap } : (choice.latency ?? meshNetwork.latency),
    loss: choice.loss ?? meshNetwork.loss,
    validationMs: choice.validation ?? meshNetwork.validationMs,
    handlingMs: choice.handling ?? meshNetwork.handlingMs,
    uplinkMbps: choice.uplink ?? meshNetwork.uplinkMbps,
    messageBytes: choice.bytes ?? meshNetwork.messageBytes,
  }
}

/** What the model says of its options is for the user. */
function checked<Result>(run: () => Result): Result {
  try {
    return run()
  } catch (error) {
    if (error instanceof RangeError) throw new CommandError('usage', error.message, flagHint)
    throw error
  }
}
