import type { RecordedLife } from '@grapevine/protocol/recording'
import type { WhyView } from '@grapevine/protocol/control'
import type { Difference, PlayedStep, ReplayCounts } from '@grapevine/sim/replay'
import type { ReplayOptions } from './command/replay.ts'
import type { Context } from './context.ts'
import { CommandError } from './failure.ts'
import { checkReadable } from './file-error.ts'
import { requireEnd, requireIdArgument } from './message-id.ts'
import { note, print, printJson, printJsonLine } from './output.ts'
import { safe } from './safe.ts'

/** What `replay --json` prints. */
export interface ReplayView {
  readonly file: string
  readonly lives: readonly Pick<RecordedLife, 'version' | 'network' | 'peerId' | 'name' | 'epoch' | 'hasActions'>[]
  /** Absent where not all was played, and no event before went another way. */
  readonly equal: boolean
  readonly counts: ReplayCounts
  /** How the recording ended: see `RecordingEnd`; absent if the node was killed, or lives. */
  readonly end?: string
  /** Bytes at the end that could not be read. */
  readonly unreadBytes: number
  readonly fault?: 'torn' | 'damaged'
  readonly elapsedMs: number
  readonly difference?: DifferenceView
  /** The node's own fault, which the replay shows as well. */
  readonly threw?: string
}

/** Where a replay went another way. */
export interface DifferenceView extends Difference {
  /** Of the event, from 1, over all lives. */
  readonly event: number
  readonly part: string
  readonly type: string
  /** ISO 8601, and ms since the node began its clock. */
  readonly time: string
  readonly now: number
}

/**
 * Plays a recording. Errors: `differs` (an event has other actions than were recorded), `recording` (it is none), `usage`,
 * `not-found` (a message).
 */
export async function replay(file: string, options: ReplayOptions, context: Context): Promise<void> {
  const { playRecording } = await import('./replay-run.ts')
  const { describeEvent } = await import('./replay-event.ts')
  const { EventFilter } = await import('./replay-filter.ts')
  await checkReadable(file, `recordings are made with: ${context.self} up --record FILE`)
  if ((options.set ?? options.validator) !== undefined) {
    const { replayOtherwise } = await import('./replay-otherwise.ts')
    return replayOtherwise(file, options, context)
  }
  const wanted = options.why === undefined ? undefined : requireIdArgument(options.why)
  const filter = typeof options.events === 'string' ? new EventFilter(options.events) : undefined
  const onStep =
    options.events === undefined
      ? undefined
      : (step: PlayedStep, life: RecordedLife) => describeEvent(step, life, filter)
  const run = playRecording(file, { until: options.until, why: wanted?.prefix })
  for (;;) {
    const { done, value } = run.next()
    if (done === true) {
      if (filter?.emptiness !== undefined) note(safe(filter.emptiness))
      return finish(value.view, value.why, { options, wanted, context })
    }
    const { played, life } = value
    const line = played.type === 'step' ? onStep?.(played, life) : undefined
    if (line !== undefined) await printJsonLine(line)
  }
}

interface Finish {
  readonly options: ReplayOptions
  readonly wanted: ReturnType<typeof requireIdArgument> | undefined
  readonly context: Context
}

async function finish(
  view: ReplayView,
  why: (() => WhyView) | undefined,
  { options, wanted, context }: Finish,
): Promise<void> {
  if (wanted !== undefined && why !== undefined) {
    const story = why()
    requireEnd(story.id, wanted)
    if (context.json) await printJson(story)
    else await print((await import('./why-story.ts')).whyStory(story))
  } else if (options.events === undefined) {
    if (context.json) await printJson(view)
    else await print((await import('./replay-screen.ts')).replayScreen(view))
  }
  const { difference, fault, lives, unreadBytes } = view
  if (difference === undefined) {
    if (lives.length === 0) throw new CommandError('recording', `${view.file} has no event of any node`)
    if (fault !== 'damaged') return
    throw new CommandError('recording', `${view.file} is damaged: its last ${unreadBytes} bytes could not be played`)
  }
  const action = difference.action === undefined ? '' : `, at action ${difference.action + 1}`
  throw new CommandError(
    'differs',
    `the replay goes another way at event ${difference.event}, ${difference.type} at ${difference.time}${action}`,
    `see: ${context.self} replay ${view.file} --json`,
  )
}
