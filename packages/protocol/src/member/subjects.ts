import type { Millis } from '../event.ts'
import { ArrivalWindow } from './arrival-window.ts'
import type { LocalHealth } from './local-health.ts'
import type { MemberOptions } from './options.ts'
import { type Accusation, accusationsMax } from './record.ts'

/** A member that has chosen us to watch it. */
interface Subject {
  epoch: number
  incarnation: number
  window: ArrivalWindow
  isAccused: boolean
}

/** Those whom we watch, at most as many as can be accused, and whom of them we accuse. */
export class Subjects {
  readonly #options: MemberOptions
  readonly #health: LocalHealth
  readonly #subjects = new Map<string, Subject>()

  constructor(options: MemberOptions, health: LocalHealth) {
    this.#options = options
    this.#health = health
  }

  get size(): number {
    return this.#subjects.size
  }

  /** A member has chosen us, or says a later life or incarnation. */
  watch({ id, epoch, incarnation }: Accusation, now: Millis): void {
    const subject = this.#subjects.get(id)
    if (subject?.epoch === epoch) {
      subject.incarnation = incarnation
      return
    }
    if (subject === undefined && this.#subjects.size >= accusationsMax) return
    this.#subjects.set(id, { epoch, incarnation, window: new ArrivalWindow(this.#options, now), isAccused: false })
  }

  /** A member does without us; true if that ends an accusation. */
  release(id: string): boolean {
    const isAccused = this.#subjects.get(id)?.isAccused === true
    this.#subjects.delete(id)
    return isAccused
  }

  /** A beat came; true if that ends an accusation. */
  beat(id: string, epoch: number, now: Millis): boolean {
    const subject = this.#subjects.get(id)
    if (subject === undefined || subject.epoch !== epoch) return false
    const { isAccused } = subject
    subject.window.arrived(now, isAccused)
    subject.isAccused = false
    return isAccused
  }

  /** Looks at all; true if one is accused that was not. */
  look(now: Millis): boolean {
    let isNew = false
    for (const [id, subject] of this.#subjects) {
      if (subject.isAccused || this.phi(id, now)! < this.#options.phiMax) continue
      subject.isAccused = true
      isNew = true
    }
    return isNew
  }

  /** We were not there for so long: nobody else is to blame for that silence. */
  excuse(ms: Millis, now: Millis): void {
    for (const { window } of this.#subjects.values()) window.excuse(ms, now)
  }

  /** How suspicious a member's silence is; undefined if we do not watch it. */
  phi(id: string, now: Millis): number | undefined {
    return this.#subjects.get(id)?.window.phi(now, this.#options.pauseMs * this.#health.multiplier)
  }

  get accusations(): Accusation[] {
    return [...this.#subjects].flatMap(([id, { epoch, incarnation, isAccused }]) =>
      isAccused ? [{ id, epoch, incarnation }] : [],
    )
  }
}
