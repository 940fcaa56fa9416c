import type { ProbeQuery, ProbeView } from '@grapevine/protocol/control'

/** Who reaches whom: see docs/operations.md. In a network of dialect pubsub all is error `usage`. */
export interface ReachApi {
  /**
   * Tries to reach members, asks others to do the same, and says what is likely wrong with each. Takes some seconds where one
   * does not answer. Errors: `usage` (ambiguous name, more than 64, this node itself), `not-found`.
   */
  probe(query?: ProbeQuery, signal?: AbortSignal): Promise<ProbeView>
}
