import { shortPeer } from '@grapevine/protocol'
import type { QueryEndView, QueryItemView } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { formatElapsed } from './duration.ts'
import { CommandError } from './failure.ts'
import { note, plural, printJson, printJsonLine, suggest, write } from './output.ts'
import { answerLine, bodyBytes, questionBody, requireQueryName } from './query-body.ts'
import { safe } from './safe.ts'
import { untilSignal } from './until-signal.ts'

/** Options of `query`; the timeout in ms. */
export interface QueryOptions {
  readonly tag?: readonly string[] | undefined
  readonly peer?: readonly string[] | undefined
  readonly timeout?: number | undefined
  readonly relayFactor?: number | undefined
  /** `false`: members do not say that it came. */
  readonly ack: boolean
}

/** Asks members, and prints what they answer. */
export async function query(
  name: string,
  body: string | undefined,
  options: QueryOptions,
  context: Context,
): Promise<void> {
  const { tag, peer, timeout, relayFactor, ack } = options
  requireQueryName(name)
  const question = await questionBody(body)
  const client = await clientOf(context)
  const { signal } = untilSignal()
  const params = {
    name,
    acknowledge: ack,
    ...(tag && { tag }),
    ...(peer && { peer }),
    ...(timeout !== undefined && { timeout }),
    ...(relayFactor !== undefined && { relays: relayFactor }),
  }
  let end: QueryEndView | undefined
  try {
    for await (const item of client.stream('query', params, { body: question, signal })) {
      if (context.json) await printJsonLine(item)
      else await show(item)
      if (item.type === 'ended') end = item
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  if (signal.aborted) return
  if (end === undefined) throw new CommandError('stopped', 'the node stopped')
  if (!context.json) note(summary(end, ack))
  judge(name, end, context)
}

/** Asks one member, and prints its answer. */
export async function request(
  peer: string,
  name: string,
  body: string | undefined,
  options: Pick<QueryOptions, 'timeout' | 'relayFactor'> & { readonly raw?: true | undefined },
  context: Context,
): Promise<void> {
  const { timeout, relayFactor, raw } = options
  requireQueryName(name)
  const question = await questionBody(body)
  const client = await clientOf(context)
  const params = {
    peer,
    name,
    ...(timeout !== undefined && { timeout }),
    ...(relayFactor !== undefined && { relays: relayFactor }),
  }
  const answer = await client.call('request', params, { body: question })
  if (context.json) return printJson(answer)
  await write(raw === true ? bodyBytes(answer) : answerLine(bodyBytes(answer)))
}

async function show(item: QueryItemView): Promise<void> {
  if (item.type === 'answer') {
    return write(Buffer.concat([Buffer.from(`${shortPeer(item.peer)}\t`), answerLine(bodyBytes(item))]))
  }
  if (item.type === 'begun') return note(`asking ${plural(item.members, 'member')}`)
  if (item.type === 'ended') return
  const who = `${shortPeer(item.peer)} after ${formatElapsed(item.ms)}`
  if (item.type === 'failed') return note(`failed at ${who}: ${safe(item.reason)}`)
  note(`acknowledged by ${who}${item.answers === 0 ? ': no responder' : ''}`)
}

/** `12 of 14 members acknowledged, 11 answered; nothing from …Qm7xKd, …f3Ga9b`. */
function summary(end: QueryEndView, wantsAck: boolean): string {
  const { members, acknowledged, answered, failed, silent, dropped } = end
  const of = plural(members, 'member')
  const parts = [
    wantsAck ? `${acknowledged} of ${of} acknowledged, ${answered} answered` : `${answered} of ${of} answered`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(dropped === undefined ? [] : [`${dropped} not shown: they came faster than they were read`]),
  ]
  const named = silent.slice(0, 5).map(shortPeer).join(', ')
  const more = silent.length > 5 ? ` and ${silent.length - 5} more` : ''
  const missing = silent.length > 0 ? `; nothing from ${named}${more}` : ''
  return `${parts.join(', ')}${missing}, after ${formatElapsed(end.ms)}`
}

function judge(name: string, { members, acknowledged, answered, failed }: QueryEndView, { self }: Context): void {
  if (answered > 0) return suggest(`next: ${self} members`)
  if (failed > 0) throw new CommandError('no-answer', 'nobody could answer')
  if (acknowledged > 0)
    throw new CommandError(
      'no-responder',
      `nobody answers ${name}`,
      `on a member: ${self} respond ${name} --exec COMMAND`,
    )
  if (members === 0) throw new CommandError('not-found', 'no such member is alive', `see: ${self} members`)
  throw new CommandError('timeout', 'nothing came back')
}
