import { setTimeout as delay } from 'node:timers/promises'
import type { ValidatorAnswerLine, ValidatorQuestion } from '@grapevine/protocol/control'
import type { ControlClient } from '../control/client.ts'
import { NodeError } from '../error.ts'
import { textOf } from './feed.ts'
import type { RelayAnswer } from './answer.ts'
import { messageOf } from './message.ts'
import type { RelayContext, RelayMessage, RelayTopic } from './relay.ts'

/** What judging a topic needs of its relay. */
export interface JudgeOptions {
  readonly relay: RelayContext
  readonly client: ControlClient
  readonly topic: RelayTopic<unknown>
  /** Each time that the node begins to ask. */
  readonly onAttached: () => void
  readonly onVerdict: (verdict: string) => void
  readonly onLost: () => void
}

/** Messages whose dependencies were asked for, that are remembered. */
const askedMax = 65_536
/** A message on which `validate` failed is judged again after this long, in ms. */
const failedMs = 1_000
/** How long to wait before a node that is away is looked for again, in ms. */
const retryMs = { first: 100, max: 2_000 }

/** Judges one topic until the relay is to stop; waits for a node that is away. */
export async function judgeTopic(options: JudgeOptions): Promise<void> {
  const { relay, client, topic, onLost } = options
  const { signal } = relay
  const asked = new Set<string>()
  const answer = (question: ValidatorQuestion): Promise<ValidatorAnswerLine> => answerTo(question, options, asked)
  for (let waitMs = retryMs.first; !signal.aborted; waitMs = Math.min(retryMs.max, 2 * waitMs)) {
    try {
      void attached(options)
      const answers = new Answers()
      for await (const question of client.stream('validate', { topic: topic.name }, { body: answers, signal })) {
        waitMs = retryMs.first
        answers.push(answer(question))
      }
      throw new NodeError('stopped', 'the node asks no more')
    } catch (error) {
      if (signal.aborted) return
      const isAway = error instanceof NodeError && (error.code === 'stopped' || error.code === 'not-running')
      if (!isAway) throw error
      onLost()
    }
    await delay(waitMs, undefined, { signal }).catch(() => undefined)
  }
}

/** Answers in the order of the questions, each when it is there. */
class Answers implements AsyncIterable<ValidatorAnswerLine> {
  readonly #waiting: Promise<ValidatorAnswerLine>[] = []
  #wake: (() => void) | undefined

  push(answer: Promise<ValidatorAnswerLine>): void {
    this.#waiting.push(answer)
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ValidatorAnswerLine, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift()
      if (next === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
      else yield await next
    }
  }
}

/** Says that the topic is judged once the node sees it so. */
async function attached({ relay, client, topic, onAttached }: JudgeOptions): Promise<void> {
  while (!relay.signal.aborted) {
    const view = await client.call('topicShow', { topic: topic.name }).catch(() => undefined)
    if (view === undefined) return
    if (view.validator?.state === 'running') return onAttached()
    await delay(20)
  }
}

/** Never rejects. */
async function answerTo(
  question: ValidatorQuestion,
  options: JudgeOptions,
  asked: Set<string>,
): Promise<ValidatorAnswerLine> {
  const line = await judge(question, options, asked)
  options.onVerdict(line.verdict)
  return { ...line, id: question.id }
}

async function judge(
  question: ValidatorQuestion,
  { relay, client, topic }: JudgeOptions,
  asked: Set<string>,
): Promise<ValidatorAnswerLine> {
  let message: RelayMessage<unknown>
  try {
    message = messageOf(topic, question)
  } catch (error) {
    return { verdict: 'reject', reason: error instanceof Error ? error.message : String(error) }
  }
  try {
    const missing = await missingOf(message, { client, topic }, asked)
    if (missing.length > 0) return { verdict: 'defer', ids: missing, reason: 'waits for what it depends on' }
    return lineOf((await topic.validate?.(message, relay)) ?? 'accept')
  } catch (error) {
    relay.count('errors')
    relay.log.error('validate failed', { topic: topic.name, id: message.id, error: textOf(error) })
    return { verdict: 'defer', for: failedMs, reason: 'the relay failed' }
  }
}

/** What a message depends on and the node may not have. The node knows best: once it was asked to wait, all are there. */
async function missingOf(
  message: RelayMessage<unknown>,
  { client, topic }: Pick<JudgeOptions, 'client' | 'topic'>,
  asked: Set<string>,
): Promise<readonly string[]> {
  const ids = topic.dependencies?.(message) ?? []
  if (ids.length === 0 || asked.delete(message.id)) return []
  if (message.via === 'own') {
    // Whoever publishes is told at once, and does not wait.
    const here = await Promise.all(ids.map((id) => isKept(client, topic.name, id)))
    return ids.filter((_, index) => here[index] !== true)
  }
  asked.add(message.id)
  if (asked.size > askedMax) asked.delete(asked.values().next().value!)
  return ids
}

async function isKept(client: ControlClient, topic: string, id: string): Promise<boolean> {
  for await (const _ of client.stream('history', { topic, id })) return true
  return false
}

function lineOf(answer: RelayAnswer): ValidatorAnswerLine {
  if (typeof answer === 'string') return { verdict: answer }
  const { verdict, reason } = answer
  const why = reason === undefined ? {} : { reason }
  if (answer.verdict !== 'defer') return { verdict, ...why }
  const { waitFor, waitMs } = answer
  return { verdict, ...why, ...(waitFor && { ids: waitFor }), ...(waitMs !== undefined && { for: waitMs }) }
}
