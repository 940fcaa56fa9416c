import type { CallRest } from '@grapevine/node/client'
import type { Contract, GapView, WatchReadyView } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { formatElapsed } from './duration.ts'
import { CommandError } from './failure.ts'
import { endEchoedLine, note, plural, print, printJsonLine } from './output.ts'
import { changeLine, sharedChangeLine } from './state-line.ts'

/** Options of `state watch`; the timeout in ms. */
export interface WatchOptions {
  readonly new?: true | undefined
  readonly count?: number | undefined
  readonly timeout?: number | undefined
  readonly reconnect?: true | undefined
}

type WatchName = 'stateWatch' | 'sharedWatch'
type Change<Name extends WatchName> = Exclude<Contract[Name]['answer'], WatchReadyView | GapView>

/** Prints keys of nodes, then what changes. */
export function watchState(
  match: readonly string[],
  options: WatchOptions & { readonly of?: string | undefined },
  context: Context,
): Promise<void> {
  const { of } = options
  const params = { ...paramsOf(match, options), ...(of !== undefined && { of }) }
  return watch('stateWatch', { params, line: changeLine, options }, context)
}

/** Prints shared keys, then those that become others. */
export const watchShared = (match: readonly string[], options: WatchOptions, context: Context): Promise<void> =>
  watch('sharedWatch', { params: paramsOf(match, options), line: sharedChangeLine, options }, context)

/** Resolves once a key is there. Errors: `timeout`, and `not-found` for a peer that nobody knows. */
export async function waitForKey(
  { key, of }: { readonly key: string; readonly of?: string },
  timeoutMs: number,
  context: Context,
): Promise<void> {
  const client = await clientOf(context)
  const signal = AbortSignal.timeout(timeoutMs)
  // Without `of` our own, which a watch names like any other.
  const owner = of ?? (await client.call('status', {}, { signal })).peerId
  try {
    for await (const item of client.stream('stateWatch', { of: owner, match: [key] }, { signal }))
      if ('change' in item && item.change === 'set' && item.key === key) return
  } catch (error) {
    if (!signal.aborted) throw error
    throw new CommandError('timeout', `${of ?? 'this node'} has had no key ${key} for ${formatElapsed(timeoutMs)}`)
  }
  throw new CommandError('stopped', 'the node stopped')
}

const paramsOf = (match: readonly string[], options: WatchOptions): Contract['sharedWatch']['params'] => ({
  match,
  ...(options.new && { new: true }),
})

interface Watched<Name extends WatchName> {
  readonly params: Contract[Name]['params']
  readonly line: (change: Change<Name>) => string
  readonly options: WatchOptions
}

async function watch<Name extends WatchName>(
  name: Name,
  { params, line, options }: Watched<Name>,
  context: Context,
): Promise<void> {
  const client = await clientOf(context)
  const end = new AbortController()
  process.once('SIGINT', endEchoedLine)
  // Once: a second signal ends the program as it would any other.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort('signal'))
  if (options.timeout !== undefined) setTimeout(() => end.abort('timeout'), options.timeout)
  const { signal } = end
  const onLost = (): void => note('the node stopped; waiting for it')
  const rest = [{ signal }] as unknown as CallRest<Name>
  const items: AsyncIterable<Contract[WatchName]['answer']> =
    options.reconnect === true ? client.follow(name, params, { signal, onLost }) : client.stream(name, params, ...rest)
  let seen = 0
  try {
    for await (const item of items) {
      if (signal.aborted) break
      if (context.json) await printJsonLine(item)
      if ('ready' in item) note(`watching; ${plural(item.ready.present, 'key')} there`)
      else if ('gap' in item) note('gap: changes were missed; what is there comes again')
      else {
        if (!context.json) await print(line(item as Change<Name>))
        if (++seen === options.count) end.abort('count')
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error
  }
  if (!signal.aborted) throw new CommandError('stopped', 'the node stopped')
  if (signal.reason === 'timeout' && options.count !== undefined) {
    const within = formatElapsed(options.timeout ?? 0)
    throw new CommandError('timeout', `${seen} of ${plural(options.count, 'change')} within ${within}`)
  }
}
