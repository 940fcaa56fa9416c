import type { MemberChangeView, MemberView } from '@grapevine/protocol/control'
import type { Member } from './member.ts'

/** A member became so, as one node saw it. */
export interface StatusChange {
  readonly peerId: string
  readonly status: MemberView['status']
  /** `performance.now()` when it was told. */
  readonly at: number
}

/** How one node sees all members, and how that changed, while it runs. */
export class Statuses {
  readonly changes: StatusChange[] = []
  readonly #now = new Map<string, MemberView['status']>()
  readonly #end = new AbortController()

  /** Begins with all that the node knows. */
  constructor({ client }: Member) {
    const read = async (): Promise<void> => {
      for await (const item of client.stream('memberWatch', {}, { signal: this.#end.signal })) {
        if (!('gap' in item)) this.#take(item)
      }
    }
    // A node that is killed ends it.
    read().catch(() => undefined)
  }

  of(peerId: string): MemberView['status'] | undefined {
    return this.#now.get(peerId)
  }

  close(): void {
    this.#end.abort()
  }

  #take({ peerId, status, before }: MemberChangeView): void {
    this.#now.set(peerId, status)
    if (before !== undefined) this.changes.push({ peerId, status, at: performance.now() })
  }
}
