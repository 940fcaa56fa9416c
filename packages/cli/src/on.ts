import type { ControlClient } from '@grapevine/node/client'
import { matchTopic } from '@grapevine/protocol'
import type { MemberChangeView, MessageView, StateChangeView } from '@grapevine/protocol/control'
import { clientOf, type Context, homeOf } from './context.ts'
import { CommandError } from './failure.ts'
import { Jobs } from './jobs.ts'
import { keepTrying } from './keep-trying.ts'
import { type MemberEvent, MemberEvents } from './member-events.ts'
import { parseTrigger, readRules, type Rule } from './on-rule.ts'
import { note, plural, printJsonLine } from './output.ts'
import { bodyBytes } from './query-body.ts'
import { answerQueries } from './respond.ts'
import { runShell } from './shell-command.ts'
import { untilSignal } from './until-signal.ts'

/** Options of `on`; the timeout in ms. */
export interface OnOptions {
  readonly exec?: string | undefined
  readonly rules?: string | undefined
  readonly jobs?: number | undefined
  readonly timeout?: number | undefined
  readonly reconnect?: true | undefined
}

/** What all rules share. */
interface Shared {
  readonly client: ControlClient
  readonly env: NodeJS.ProcessEnv
  readonly jobs: Jobs
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal
  readonly json: boolean
}

/** Something that happened: what its commands get. */
interface Happening {
  readonly env: Readonly<Record<string, string>>
  readonly input: Uint8Array
}

/** Runs commands when things happen, until a signal, or the node, ends it. */
export async function runOn(triggers: readonly string[], options: OnOptions, context: Context): Promise<void> {
  const rules = rulesOf(triggers, options)
  const { jobs = 1, timeout: timeoutMs, reconnect } = options
  const { signal } = untilSignal()
  const env = { ...process.env, GRAPEVINE_HOME: await homeOf(context) }
  const client = await clientOf(context)
  const shared = { client, env, jobs: new Jobs(jobs), timeoutMs, json: context.json }
  const work = async (onReady: () => void): Promise<void> => {
    // One that ends takes the others with it.
    const round = new AbortController()
    const both = AbortSignal.any([signal, round.signal])
    const sources = sourcesOf(rules)
    let waiting = sources.length
    const onSourceReady = (): void => {
      if (--waiting > 0) return
      onReady()
      note(`watching for ${plural(rules.length, 'rule')}`)
    }
    try {
      await Promise.all(sources.map((source) => source({ ...shared, signal: both }, onSourceReady)))
    } finally {
      round.abort()
    }
  }
  try {
    await keepTrying(work, { signal, isReconnecting: reconnect === true })
  } finally {
    // What has begun is not broken off; a second signal does not wait.
    await shared.jobs.finish()
  }
}

function rulesOf(triggers: readonly string[], { exec, rules }: OnOptions): Rule[] {
  if (triggers.length > 0 && exec === undefined)
    throw new CommandError('usage', 'there is no command', 'say what to run: --exec COMMAND')
  if (triggers.length === 0 && exec !== undefined)
    throw new CommandError('usage', '--exec needs a rule', 'for example: grapevine on member-failed --exec COMMAND')
  const given = triggers.map((text) => ({ text, trigger: parseTrigger(text), command: exec! }))
  const all = [...given, ...(rules === undefined ? [] : readRules(rules))]
  if (all.length > 0) return all
  throw new CommandError('usage', 'there is no rule', 'for example: grapevine on member-failed --exec COMMAND')
}

type Source = (shared: Shared, onReady: () => void) => Promise<void>

/** What has to be watched for these rules: members and state once for all of theirs. */
function sourcesOf(rules: readonly Rule[]): Source[] {
  const members = rules.filter(({ trigger }) => trigger.type === 'member')
  const states = rules.filter(({ trigger }) => trigger.type === 'state')
  return [
    ...(members.length > 0 ? [(shared: Shared, onReady: () => void) => watchMembers(members, shared, onReady)] : []),
    ...(states.length > 0 ? [(shared: Shared, onReady: () => void) => watchState(states, shared, onReady)] : []),
    ...rules.flatMap((rule): Source[] => {
      const { trigger } = rule
      if (trigger.type === 'topic') return [(shared, onReady) => watchTopic(rule, trigger.topic, shared, onReady)]
      if (trigger.type !== 'query') return []
      return [
        (shared, onReady) =>
          answerQueries({
            ...shared,
            name: trigger.name,
            command: rule.command,
            env: { ...shared.env, GRAPEVINE_RULE: rule.text, GRAPEVINE_EVENT: 'query' },
            onReady,
            onAnswered: (_, problem) => report(rule, problem, shared),
          }),
      ]
    }),
  ]
}

async function watchMembers(rules: readonly Rule[], shared: Shared, onReady: () => void): Promise<void> {
  const { client, signal } = shared
  const present = await client.call('members', {})
  const events = new MemberEvents(present)
  // Who comes back is there before its name is.
  const names = new Map(present.map(({ peerId, name }) => [peerId, name]))
  let isReady = false
  for await (const item of client.stream('memberWatch', {}, { signal })) {
    // The first are those who are there, this node among them.
    if (!isReady) onReady()
    isReady = true
    if ('gap' in item) {
      note(`gap: ${plural(item.gap.missed ?? 0, 'change')} of members missed: commands take too long`)
      continue
    }
    if (item.name !== undefined) names.set(item.peerId, item.name)
    const happened = item.self === true ? undefined : events.take(item)
    if (happened === undefined) continue
    for (const rule of rules) {
      const wanted = rule.trigger.type === 'member' ? rule.trigger.event : undefined
      if (wanted === undefined || wanted === happened.event)
        await run(rule, memberHappening(happened, item, names.get(item.peerId)), shared)
    }
  }
  endOf(signal)
}

async function watchState(rules: readonly Rule[], shared: Shared, onReady: () => void): Promise<void> {
  const { client, signal } = shared
  const match = rules.flatMap(({ trigger }) => (trigger.type === 'state' ? [trigger.key] : []))
  for await (const item of client.stream('stateWatch', { match, new: true }, { signal })) {
    if ('ready' in item) onReady()
    else if ('gap' in item) note('gap: changes of keys missed: commands take too long')
    else if (item.present !== true) {
      for (const rule of rules) if (isMeant(rule, item)) await run(rule, stateHappening(item), shared)
    }
  }
  endOf(signal)
}

function isMeant({ trigger }: Rule, { change, key, text = '' }: StateChangeView): boolean {
  if (trigger.type !== 'state' || !matchTopic(trigger.key, key)) return false
  return trigger.value === undefined || (change === 'set' && matchTopic(trigger.value, text))
}

async function watchTopic(rule: Rule, topic: string, shared: Shared, onReady: () => void): Promise<void> {
  const { client, signal } = shared
  for await (const item of client.stream('subscribe', { topic: [topic] }, { signal })) {
    if ('ready' in item) onReady()
    else if ('gap' in item) note(`gap: messages of ${topic} missed: commands take too long`)
    else await run(rule, topicHappening(item), shared)
  }
  endOf(signal)
}

function endOf(signal: AbortSignal): void {
  if (!signal.aborted) throw new CommandError('stopped', 'the node stopped')
}

/** Resolves once the command has begun: whoever waits for it takes no more than can be done. */
function run(rule: Rule, { env, input }: Happening, shared: Shared): Promise<void> {
  const { jobs, timeoutMs } = shared
  return jobs.start(async () => {
    const { problem } = await runShell({
      command: rule.command,
      input,
      timeoutMs,
      env: { ...shared.env, GRAPEVINE_RULE: rule.text, ...env },
    })
    if (!shared.signal.aborted) await report(rule, problem, shared)
  })
}

async function report({ text, command }: Rule, problem: string | undefined, { json }: Shared): Promise<void> {
  if (json) await printJsonLine({ rule: text, command, ...(problem !== undefined && { problem }) })
  else if (problem !== undefined) note(`error: command for ${text}: ${problem}`)
}

function memberHappening({ event, before }: MemberEvent, view: MemberChangeView, name = ''): Happening {
  const { peerId, status } = view
  const env = {
    GRAPEVINE_EVENT: event,
    GRAPEVINE_MEMBER: peerId,
    GRAPEVINE_MEMBER_NAME: name,
    GRAPEVINE_MEMBER_STATUS: status,
    GRAPEVINE_MEMBER_BEFORE: before ?? '',
  }
  return { env, input: Buffer.from(`${JSON.stringify(view)}\n`) }
}

function stateHappening(view: StateChangeView): Happening {
  const { change, peerId, key } = view
  const env = { GRAPEVINE_EVENT: `state-${change}`, GRAPEVINE_OWNER: peerId, GRAPEVINE_KEY: key }
  return { env, input: bodyBytes(view) }
}

function topicHappening(view: MessageView): Happening {
  const { id, topic, author = '', time } = view
  const env = {
    GRAPEVINE_EVENT: 'topic',
    GRAPEVINE_ID: id,
    GRAPEVINE_TOPIC: topic,
    GRAPEVINE_AUTHOR: author,
    GRAPEVINE_TIME: time,
  }
  return { env, input: bodyBytes(view) }
}
