import type { CountersView, Decision, Reason, Verdict } from '@grapevine/protocol'

/** Counts of what passed through a node since its start. */
export class Counters {
  published = 0
  delivered = 0
  copies = 0
  readonly #verdicts: Partial<Record<Verdict, number>> = {}
  readonly #reasons: Partial<Record<Reason, number>> = {}

  decided({ verdict, reason }: Decision): void {
    this.#verdicts[verdict] = (this.#verdicts[verdict] ?? 0) + 1
    this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1
  }

  view(): CountersView {
    const { published, delivered, copies } = this
    const memory = process.memoryUsage.rss()
    return { published, delivered, copies, verdicts: { ...this.#verdicts }, reasons: { ...this.#reasons }, memory }
  }
}
