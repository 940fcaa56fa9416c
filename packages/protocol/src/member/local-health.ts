/** The worst score, as memberlist's awareness. */
const scoreMax = 8

/**
 * How far we trust ourselves: a node that is slow, or whose exchanges fail, waits longer before it accuses others
 * (Dadgar, Phillips, Currey: *Lifeguard: SWIM-ing with Situational Awareness*, 2017, local health multiplier).
 */
export class LocalHealth {
  #score = 0

  /** 0: well, to 8. */
  get score(): number {
    return this.#score
  }

  /** By what the silence that is allowed is multiplied: 1 to 2. */
  get multiplier(): number {
    return 1 + this.#score / 8
  }

  /** Something of ours did not work out (positive) or did (negative). */
  note(change: number): void {
    this.#score = Math.min(scoreMax, Math.max(0, this.#score + change))
  }
}
