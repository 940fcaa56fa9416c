import type { MemberChangeView, MemberView } from '@grapevine/protocol/control'
import type { MemberEventName } from './on-rule.ts'

/** What has happened to a member, and how it was before, as far as that was told of. */
export interface MemberEvent {
  readonly event: MemberEventName
  readonly before: MemberView['status'] | undefined
}

/**
 * What happens to members, told as people see it: who failed or left has not come back before it is alive, though it may be
 * called suspect on the way, and who was suspect only has not joined.
 */
export class MemberEvents {
  readonly #last: Map<string, MemberView['status']>

  /** Who is there already does not join. */
  constructor(present: readonly Pick<MemberView, 'peerId' | 'status'>[]) {
    this.#last = new Map(present.map(({ peerId, status }) => [peerId, status]))
  }

  /** Undefined: nothing that is worth telling. */
  take({
    peerId,
    status,
    before: said,
  }: Pick<MemberChangeView, 'peerId' | 'status' | 'before'>): MemberEvent | undefined {
    const before = this.#last.get(peerId) ?? said
    const wasGone = before === undefined || before === 'failed' || before === 'left'
    if (status === before || (status === 'suspect' && wasGone)) return undefined
    this.#last.set(peerId, status)
    if (status !== 'alive') return { event: `member-${status}`, before }
    return wasGone ? { event: 'member-joined', before } : undefined
  }
}
