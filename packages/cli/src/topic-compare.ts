import type { TopicSyncView } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import { plural, print, printJson, suggest } from './output.ts'
import { otherwiseText } from './topic-line.ts'
import { requireTopicName } from './topic-argument.ts'
import { lackText, rangeText, verifyScreen } from './verify-screen.ts'
import { safe } from './safe.ts'

/** Compares stores, shows them, and fails unless all are equal: codes `differs`, `timeout`. */
export async function verifyTopic(
  topic: string,
  peers: readonly string[],
  timeout: number | undefined,
  context: Context,
): Promise<void> {
  requireTopicName(topic)
  const client = await clientOf(context)
  const params = { topic, ...(peers.length > 0 && { peer: peers }), ...(timeout !== undefined && { timeout }) }
  const view = await client.call('topicVerify', params)
  if (context.json) await printJson(view)
  else await print(verifyScreen(view))
  if (view.result === 'equal') return
  if (view.result === 'differs') {
    const { otherwise } = await client.call('topicShow', { topic })
    const other = view.peers.find(({ state }) => state === 'differs')
    const sync = other && `make them equal now: ${context.self} topic sync ${topic} --with ${other.peerId}`
    const rules =
      otherwise > 0
        ? otherwiseText(topic, otherwise, context)
        : `what is refused breaks rules of one side: compare what both say to: ${context.self} topic show ${topic}`
    throw new CommandError(
      'differs',
      `stores of ${topic} differ`,
      sync !== undefined && otherwise > 0 ? `${sync}; if that does not help: ${rules}` : (sync ?? rules),
    )
  }
  const isAlone = !view.peers.some(({ state }) => state !== 'unreachable')
  throw new CommandError(
    'timeout',
    isAlone ? `no peer that holds ${topic} is connected` : `not all peers that hold ${topic} answered in time`,
    `see: ${context.self} peer ls --all`,
  )
}

/** Options of `topic sync`. */
export interface SyncTopicOptions {
  readonly with: string
  readonly dryRun?: true | undefined
  readonly timeout?: number | undefined
}

/** Runs a session with one peer, or asks what it would do. */
export async function syncTopic(topic: string, options: SyncTopicOptions, context: Context): Promise<void> {
  requireTopicName(topic)
  const { with: peer, dryRun, timeout } = options
  const client = await clientOf(context)
  const limits = { ...(dryRun && { dryRun }), ...(timeout !== undefined && { timeout }) }
  const view = await client.call('topicSync', { topic, peer, ...limits })
  if (context.json) return printJson(view)
  await print(syncStory(view))
  suggest(
    view.dryRun
      ? `do it with: ${context.self} topic sync ${topic} --with ${view.peerId}`
      : `next: ${context.self} topic verify ${topic}`,
  )
}

function syncStory(view: TopicSyncView): string {
  const { dryRun, came, went, refused, lackedHere, lackedThere, complete, range } = view
  const topic = safe(view.topic)
  if (dryRun) {
    const rest = complete ? '' : ', and more than one session takes'
    return [
      `${topic} with ${view.short}, ${rangeText(range)}`,
      `would come: ${lackText(lackedHere)}`,
      `would go: ${lackText(lackedThere)}${rest}`,
    ].join('\n')
  }
  const inVain = refused === 0 ? '' : `, ${refused} in vain`
  const left = complete ? '' : '; more is left, run it again'
  return `${topic} with ${view.short}: ${plural(came, 'message')} came${inVain}, ${went} went${left}`
}
