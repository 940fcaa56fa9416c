import { setTimeout as delay } from 'node:timers/promises'
import type { Contract } from '@grapevine/protocol/control'
import type { CallRest, ControlClient, ResumableName } from './client.ts'
import { NodeError } from '../error.ts'

/** Options of {@link ControlClient.follow}. */
export interface FollowOptions {
  readonly signal?: AbortSignal | undefined
  /** Called each time the node is gone, before it is looked for again. */
  readonly onLost?: (error: NodeError) => void
}

/** How long to wait before the node is looked for again, in ms; a restart takes about half a second. */
const retryMs = { first: 100, max: 2_000 }

/** A stream of events, by its route and parameters. */
export interface Followed<Name extends ResumableName> {
  readonly name: Name
  readonly params: Contract[Name]['params']
}

/**
 * A stream of events that outlives the node: when the node goes away it is looked for until it is back, or the signal ends
 * it. What came in between follows where the node still has it, and else a gap says so; nothing comes twice. Each time
 * there is a `ready`. Any other error is thrown, and so is the first one if there never was a node.
 */
export async function* follow<Name extends ResumableName>(
  client: ControlClient,
  { name, params }: Followed<Name>,
  { signal, onLost }: FollowOptions,
): AsyncGenerator<Contract[Name]['answer'], void, undefined> {
  let lastEventId: string | undefined
  let waitMs = retryMs.first
  for (;;) {
    try {
      const onEventId = (id: string): void => {
        lastEventId = id
      }
      const rest = [{ signal, lastEventId, onEventId }] as unknown as CallRest<Name>
      for await (const item of client.stream(name, params, ...rest)) {
        waitMs = retryMs.first
        yield item
      }
      onLost?.(new NodeError('stopped', 'the node stopped'))
    } catch (error) {
      if (signal?.aborted === true) throw signal.reason
      if (lastEventId === undefined || !(error instanceof NodeError) || !isAway(error)) throw error
      if (error.code === 'stopped') onLost?.(error)
    }
    await delay(waitMs, undefined, { ...(signal && { signal }) }).catch(() => signal?.throwIfAborted())
    waitMs = Math.min(retryMs.max, waitMs * 2)
  }
}

const isAway = ({ code }: NodeError): boolean => code === 'stopped' || code === 'not-running'
