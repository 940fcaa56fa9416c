import { shortPeer, type StatusView } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { NodeParts } from '../node-parts.ts'

/** What users read when two nodes have one identity. */
const twinText = 'another node runs with the identity of this one, so nothing is published any more'

/** Begins once another node was seen to run under our identity: publishing then ends for this life. */
export class TwinSilence {
  readonly #parts: Pick<NodeParts, 'log' | 'onTwin'>
  #twin: StatusView['twin']

  constructor(parts: Pick<NodeParts, 'log' | 'onTwin'>) {
    this.#parts = parts
  }

  /** Since when, and which peer told. */
  get twin(): StatusView['twin'] {
    return this.#twin
  }

  begin(toldBy: string): void {
    if (this.#twin !== undefined) return
    this.#twin = { since: new Date().toISOString(), toldBy }
    this.#parts.log.part('node').error(twinText, { toldBy: shortPeer(toldBy) })
    this.#parts.onTwin?.(toldBy)
  }

  /** Throws `identity` once it has begun. */
  refuse(): void {
    if (this.#twin === undefined) return
    throw new NodeError(
      'identity',
      twinText,
      'stop one of the two, give it a home of its own with init, and restart the other',
    )
  }
}
