import { ProtocolError } from '@grapevine/protocol'
import type { WhyView } from '@grapevine/protocol/control'
import type { RecordedLife } from '@grapevine/protocol/recording'
import { findRecord, readRecording, rulesOfDefinition, viewRecord } from '@grapevine/node/recording'
import { sha256 } from '@grapevine/node/signature'
import { type Played, Player, Tally } from '@grapevine/sim/replay'
import type { ReplayEnd } from './command/replay.ts'
import { CommandError } from './failure.ts'
import type { DifferenceView, ReplayView } from './replay.ts'

/** How a recording is played. */
export interface RunOptions {
  readonly until: ReplayEnd | undefined
  /** The start of a message id. */
  readonly why: string | undefined
}

/** What came of it. */
export interface RunResult {
  readonly view: ReplayView
  /** The story of the message that was asked about. Error `not-found`, `usage`. */
  readonly why: (() => WhyView) | undefined
}

/** An entry that was played. */
export interface RunStep {
  readonly played: Played
  readonly life: RecordedLife
  readonly player: Player
  /** When the machine would have woken, before an event. */
  readonly wakeup: number | undefined
}

/** Plays a recording entry by entry, to its end, to `until`, or to the first event that goes another way. */
export function* playRecording(file: string, { until, why }: RunOptions): Generator<RunStep, RunResult> {
  const startedAt = performance.now()
  const player = new Player({ sha256, functionsOf: rulesOfDefinition })
  const tally = new Tally()
  const lives: RecordedLife[] = []
  let end: string | undefined
  let difference: DifferenceView | undefined
  let threw: string | undefined
  let firstAt: number | undefined
  let story: (() => WhyView) | undefined
  const remember = (): void => {
    if (why !== undefined) story = storyOf(why, player.machine, lives.at(-1)) ?? story
  }
  const entries = readRecording(file)
  let next = entries.next()
  for (; next.done !== true; next = entries.next()) {
    const entry = next.value
    if (entry.type === 'life') {
      remember()
      tally.life()
      lives.push(entry.life)
      end = undefined
    } else if (entry.type === 'end') end = entry.end
    const life = lives.at(-1)
    if (life === undefined) throw new CommandError('recording', `${file} begins without saying whose it is`)
    if (entry.type === 'step') {
      const at = life.origin + entry.step.now
      firstAt ??= at
      if (until !== undefined && 'at' in until && until.at < firstAt) throw beforeAll(until.at, firstAt)
      if (until !== undefined && at > ('at' in until ? until.at : firstAt + until.afterMs)) break
    }
    const wakeup = player.machine?.nextWakeup
    const played = playEntry(player, entry)
    if (played.type === 'step') tally.step(played)
    yield { played, life, player, wakeup }
    if (played.type !== 'step') continue
    if (played.difference !== undefined) {
      const { step, number: event } = played
      const time = new Date(life.origin + step.now).toISOString()
      difference = { event, part: step.part, type: step.event.type, time, now: step.now, ...played.difference }
      break
    }
    if (played.actions === undefined) threw = faultOf(played.error)
  }
  remember()
  const tail = next.done === true ? next.value : (entries.return({ unreadBytes: 0, fault: undefined }), undefined)
  return {
    why: why === undefined ? undefined : (story ?? (() => findRecord(why, nothing) as never)),
    view: {
      file,
      lives: lives.map(({ version, network, peerId, name, epoch, hasActions }) => ({
        version,
        network,
        peerId,
        ...(name !== undefined && { name }),
        epoch,
        hasActions,
      })),
      equal: difference === undefined,
      counts: tally.counts,
      ...(end !== undefined && { end }),
      unreadBytes: tail?.unreadBytes ?? 0,
      ...(tail?.fault !== undefined && { fault: tail.fault }),
      elapsedMs: Math.round(performance.now() - startedAt),
      ...(difference && { difference }),
      ...(threw !== undefined && { threw }),
    },
  }
}

const beforeAll = (until: number, first: number): CommandError =>
  new CommandError(
    'usage',
    `--until ${new Date(until).toISOString()} is before the recording begins`,
    `its first event is of ${new Date(first).toISOString()}`,
  )

const nothing = { why: () => undefined, idsWithPrefix: () => [] }

/** Options and rules that no node has are the file's fault. */
function playEntry(player: Player, entry: Parameters<Player['play']>[0]): ReturnType<Player['play']> {
  try {
    return player.play(entry)
  } catch (error) {
    if (!(error instanceof ProtocolError || error instanceof TypeError || error instanceof RangeError)) throw error
    throw new CommandError('recording', `the recording says what no node has: ${error.message}`)
  }
}

/** The story of a message, if this life of the node knows it. */
function storyOf(
  prefix: string,
  machine: Player['machine'],
  life: RecordedLife | undefined,
): (() => WhyView) | undefined {
  if (machine === undefined || life === undefined) return undefined
  try {
    const { id, record } = findRecord(prefix, machine)
    return () => viewRecord(id, record, life.peerId, life.origin)
  } catch (error) {
    if ((error as { code?: unknown }).code === 'not-found') return undefined
    return () => {
      throw error
    }
  }
}

const faultOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
