import { ownerIdOf } from '../../src/state/owner-state.ts'
import { Membership, type MemberAction, type MemberEvent } from '../../src/member/index.ts'
import { accusedKey, encodeAccusations, encodeSelf, type SelfRecord, selfKey } from '../../src/member/record.ts'
import { keyOfName } from '../state/state-world.ts'

export const idOf = (name: string): string => ownerIdOf(keyOfName(name))

/** One membership, and what others say to it. */
export class MemberWorld {
  now = 0
  readonly membership: Membership = new Membership({ owner: keyOfName('me'), epoch: 1, now: 0 })
  readonly actions: MemberAction[] = []

  tell(event: MemberEvent): MemberAction[] {
    const actions = [...this.membership.handle(event, this.now)]
    this.actions.push(...actions)
    return actions
  }

  /** A member says what it is. */
  described(name: string, record: Partial<SelfRecord> & { readonly epoch?: number }): MemberAction[] {
    const { epoch = 1, incarnation = 0, isLeft = false, watchers = [] } = record
    const value = encodeSelf({ incarnation, isLeft, watchers })
    return this.changed(name, epoch, selfKey, value)
  }

  /** A member accuses others, of their first life and incarnation if they are given by name. */
  accuses(
    name: string,
    accused: readonly (string | { name: string; epoch: number; incarnation: number })[],
  ): MemberAction[] {
    const accusations = accused.map((each) =>
      typeof each === 'string'
        ? { id: idOf(each), epoch: 1, incarnation: 0 }
        : { id: idOf(each.name), epoch: each.epoch, incarnation: each.incarnation },
    )
    return this.changed(name, 1, accusedKey, encodeAccusations(accusations))
  }

  changed(name: string, epoch: number, key: string, value: Uint8Array): MemberAction[] {
    return this.tell({
      type: 'changed',
      owner: keyOfName(name),
      peer: name,
      epoch,
      changes: [{ key, value, time: 1, version: 1 }],
    })
  }

  beat(name: string, epoch = 1): MemberAction[] {
    return this.tell({ type: 'beat', peer: name, epoch })
  }

  /** Ticks when it wants to for so many ms; these beat every 500 ms. */
  run(ms: number, beating: readonly string[] = []): void {
    const end = this.now + ms
    for (; this.now < end; this.now += 100) {
      if (this.now % 500 === 0) for (const name of beating) this.beat(name)
      if (this.membership.nextWakeup! <= this.now) this.tell({ type: 'tick' })
    }
  }

  status(name: string): string | undefined {
    return this.membership.member(name)?.status
  }
}
