import type { Action, Event, Judgement } from '@grapevine/protocol'
import { contentKey } from './disk.ts'
import type { GossipHostOptions } from './gossip-host-options.ts'
import { sign, verify } from './signature.ts'

/** The answer to what a machine asks of its host's libraries: a signature, a check, a judgement. */
export function effectOf(
  action: Action & { readonly type: 'sign' | 'verify' | 'judge' },
  { machine, disk, judge }: GossipHostOptions,
): Event {
  const { ref } = action
  if (action.type === 'sign')
    return { type: 'signed', ref, signature: sign(machine.sha256, machine.author, action.bytes) }
  if (action.type === 'verify') {
    const { author, bytes, signature } = action
    return { type: 'verified', ref, valid: verify(machine.sha256, author, bytes, signature) }
  }
  const holds = (id: Uint8Array): boolean => disk?.find(contentKey(machine.sha256, action.topic, id)) !== undefined
  const judgements = action.messages.map((message): Judgement => judge?.(message, holds) ?? { verdict: 'accept' })
  return { type: 'judged', ref, judgements }
}
