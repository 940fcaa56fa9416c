import { OtherJudge } from '@grapevine/node/recording'
import { sha256, verify } from '@grapevine/node/signature'
import { type Change, WhatIf } from '@grapevine/sim/replay'
import type { ReplayOptions } from './command/replay.ts'
import type { Context } from './context.ts'
import { CommandError } from './failure.ts'
import { note, print, printJson } from './output.ts'
import { otherwiseScreen, outcomeText } from './otherwise-screen.ts'
import { parseLimits } from './replay-limits.ts'
import { playRecording } from './replay-run.ts'
import { safe } from './safe.ts'

/** What `replay --json` prints with `--set` or `--validator`. */
export interface OtherwiseView {
  readonly file: string
  readonly set: readonly string[]
  readonly validators: readonly string[]
  readonly events: number
  /** Answers that the live node never needed, so that the recording does not have them. */
  readonly supposed: number
  readonly changes: readonly Change[]
  /** By what became of them before and then, the most frequent first. */
  readonly counts: Readonly<Record<string, number>>
  readonly notModelled: string
}

const notModelled = 'peers are taken to have sent the same: what they would have done otherwise is not modelled'

/**
 * Plays a recording beside a node with other limits or validators, and prints what would have gone otherwise. Errors:
 * `usage`, `differs` (the recording does not even replay as it was), `no-answer` (a validator failed), `recording`.
 */
export async function replayOtherwise(file: string, options: ReplayOptions, context: Context): Promise<void> {
  const { set = [], validator = [], until } = options
  if ((options.why ?? options.events) !== undefined) {
    throw new CommandError(
      'usage',
      '--why and --events tell of what was, not of what would have been',
      'leave them out',
    )
  }
  await using judges = new Judges(validator)
  const { topics, ...limits } = parseLimits(set)
  const missing = new Set([...topics, ...judges.topics])
  const otherwise = { sha256, verify, ...limits, judged: judges.topics }
  const changes: Change[] = []
  let [events, supposed] = [0, 0]
  let whatIf: WhatIf | undefined
  const finish = (): void => {
    changes.push(...(whatIf?.changes() ?? []))
    supposed += whatIf?.supposed ?? 0
    whatIf = undefined
  }
  const run = playRecording(file, { until, why: undefined })
  for (;;) {
    const { done, value } = run.next()
    if (done === true) {
      if (value.view.difference === undefined) break
      throw new CommandError(
        'differs',
        'this version does not replay the recording as it was',
        `see: ${context.self} replay ${file}`,
      )
    }
    const { played, life } = value
    if (played.type === 'life') finish()
    else if (played.type === 'start' && played.start.part === 'machine') {
      whatIf = new WhatIf(life, played.start.options, otherwise)
    } else if (played.type === 'step' && whatIf !== undefined) {
      events++
      const { event } = played.step
      if (event.type === 'hold') missing.delete(event.rules.name)
      whatIf.take(played, value.wakeup, value.player.rules)
      for (let asked = whatIf.questions(); asked.length > 0; asked = whatIf.questions()) {
        for (const question of asked) whatIf.answer(question, await judges.judge(question, life.peerId))
      }
    }
  }
  finish()
  const [unheld] = missing
  if (unheld !== undefined) throw new CommandError('usage', `the recorded node never held a topic ${safe(unheld)}`)
  const counts = countsOf(changes)
  const view: OtherwiseView = { file, set, validators: validator, events, supposed, changes, counts, notModelled }
  if (context.json) await printJson(view)
  else await print(otherwiseScreen(view))
  if (!context.json) note(notModelled)
}

/** How often what became of what: `accept valid -> ignore rate-limit`. */
function countsOf(changes: readonly Change[]): Record<string, number> {
  const counts = new Map<string, number>()
  for (const { before, after } of changes) {
    const key = `${outcomeText(before)} -> ${outcomeText(after)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a))
}

/** The validators of `--validator TOPIC=COMMAND`; each begins with its first message. */
class Judges implements AsyncDisposable {
  readonly #commands: ReadonlyMap<string, string>
  readonly #judges = new Map<string, OtherJudge>()

  constructor(validators: readonly string[]) {
    this.#commands = new Map(
      validators.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
    )
  }

  get topics(): ReadonlySet<string> {
    return new Set(this.#commands.keys())
  }

  judge({ topic, messages }: Parameters<WhatIf['answer']>[0], self: string): ReturnType<OtherJudge['judge']> {
    let judge = this.#judges.get(topic)
    if (judge === undefined) {
      judge = new OtherJudge({ topic, command: this.#commands.get(topic)!, self })
      this.#judges.set(topic, judge)
    }
    return judge.judge(messages)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#judges.values()].map((judge) => judge.stop()))
  }
}
