import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../site.ts'
import { Members, type Member } from './member.ts'
import { randomFrom } from './random.ts'
import { Statuses, type StatusChange } from './statuses.ts'

/** Nodes that fail, freeze, and do nothing. */
export interface DetectionOptions {
  readonly nodes: number
  /** So often one is killed, and comes back once all others have seen it. */
  readonly kills: number
  /** So often one is stopped for 5 s, a quarter of a minute apart. */
  readonly freezes: number
  /** How long nothing happens, while bytes are counted. */
  readonly quietSeconds: number
  readonly seed: number
}

/** What came of it. Times are in ms. */
export interface DetectionResult {
  /** Over all (killed, other node): from the kill until that one called it failed. */
  readonly tookMs: readonly number[]
  /** How often a node called one failed that had been frozen for 5 s; one that had not; and that one suspect. */
  readonly frozenFailed: number
  readonly wronglyFailed: number
  readonly wronglySuspect: number
  readonly nodeSeconds: number
  /** Sent by a node in a second of rest: frames of state and beats, each with 73 bytes of what carries it. */
  readonly bytesPerNodeSecond: number
}

/** Length 3, Noise 18, yamux 12, TCP and IPv4 40: as the simulation counts. */
const overheadBytes = 73
const freezeMs = 5_000
const pauseMs = 10_000

/** Measures how fast members that fail are found out, on loopback, and what is found that is not so. */
export async function detect({
  nodes,
  kills,
  freezes,
  quietSeconds,
  seed,
}: DetectionOptions): Promise<DetectionResult> {
  const random = randomFrom(seed)
  await using members = await Members.open({ count: nodes, reach: 3 })
  const ids = await Promise.all(members.all.map(async (member) => (await member.status()).peerId))
  const views = members.all.map((member) => new Statuses(member))
  const allSee = (of: string, status: string, but?: Statuses): boolean =>
    views.every((view) => view === but || view.of(of) === status)
  await until(() => ids.every((id) => allSee(id, 'alive')), Boolean, 120_000)
  await sleep(pauseMs)
  const began = performance.now()

  const before = await sentBy(members.all)
  await sleep(quietSeconds * 1_000)
  const after = await sentBy(members.all)
  const bytesPerNodeSecond = (after - before) / nodes / quietSeconds

  const frozen: { readonly id: string; readonly at: number }[] = []
  for (let freeze = 0; freeze < freezes; freeze++) {
    const at = Math.floor(random() * nodes)
    const { pid } = members.all[at]!
    frozen.push({ id: ids[at]!, at: performance.now() })
    process.kill(pid!, 'SIGSTOP')
    await sleep(freezeMs)
    process.kill(pid!, 'SIGCONT')
    await sleep(pauseMs)
  }
  const isFrozen = (change: StatusChange): boolean =>
    frozen.some(({ id, at }) => change.peerId === id && change.at >= at && change.at < at + freezeMs + pauseMs)
  const all = views.flatMap(({ changes }) => changes)
  const count = (status: string, ofFrozen: boolean): number =>
    all.filter((change) => change.status === status && isFrozen(change) === ofFrozen).length
  const [frozenFailed, wronglyFailed, wronglySuspect] = [
    count('failed', true),
    count('failed', false),
    count('suspect', false),
  ]
  const nodeSeconds = (nodes * (performance.now() - began)) / 1_000

  const tookMs: number[] = []
  for (let kill = 0; kill < kills; kill++) {
    const at = Math.floor(random() * nodes)
    const [member, id, view] = [members.all[at]!, ids[at]!, views[at]!]
    view.close()
    for (const other of views) other.changes.splice(0)
    const killedAt = performance.now()
    await member.kill()
    await until(() => allSee(id, 'failed', view), Boolean, 120_000)
    for (const { changes } of views) {
      for (const change of changes) {
        if (change.peerId === id && change.status === 'failed') tookMs.push(change.at - killedAt)
      }
    }
    await member.start()
    views[at] = new Statuses(member)
    await until(() => ids.every((each) => allSee(each, 'alive')), Boolean, 120_000)
    await sleep(pauseMs / 2)
  }
  for (const view of views) view.close()
  return { tookMs, frozenFailed, wronglyFailed, wronglySuspect, nodeSeconds, bytesPerNodeSecond }
}

async function sentBy(members: readonly Member[]): Promise<number> {
  const views = await Promise.all(members.map(async (member) => (await member.status()).cluster!.sent))
  return views.reduce((sum, { frames, bytes }) => sum + bytes + frames * overheadBytes, 0)
}
