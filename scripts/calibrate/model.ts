import { grapevineRules, meshNetwork, runMesh, type MeshRun } from '@grapevine/sim/mesh'
import { DeliveryCount, type DeliveryParts } from '@grapevine/sim/report'
import type { Plan } from './real.ts'

/** What is measured of the parts, and goes into the model. Whole ms. */
export interface Parts {
  readonly handlingMs: number
  /** When each node entered the topic, for each mesh that was measured; the model takes them in turn. */
  readonly joins: readonly (readonly number[])[]
}

/** One run of the model. */
export interface ModelRun extends MeshRun {
  readonly parts: DeliveryParts
}

/** What an envelope has beside the payload: signature, author, numbers. */
const envelopeBytes = 200

/** The same network and messages in the model, once for each seed: each time another mesh forms. */
export function runModel({ dials, ms, messages, intervalMs, bytes }: Plan, parts: Parts, seeds: number): ModelRun[] {
  const options = {
    nodes: ms.length,
    dials,
    rules: grapevineRules,
    network: {
      ...meshNetwork,
      latency: { law: 'links', ms } as const,
      handlingMs: parts.handlingMs,
      messageBytes: bytes + envelopeBytes,
    },
    warmMs: 15_000,
    messages,
    intervalMs,
    settleMs: 8_000,
  }
  return Array.from({ length: seeds }, (_, seed) => {
    const deliveries = new DeliveryCount()
    const joinAt = parts.joins[seed % parts.joins.length]
    const run = runMesh({ ...options, joinAt }, seed + 1, { deliveries })
    return { ...run, parts: deliveries.parts }
  })
}
