/**
 * Weights and bounds of the peer score of gossipsub v1.1, for one topic; names as in its specification, P5 left out. Decays
 * are factors for each heartbeat.
 */
export interface ScoreRules {
  readonly topicWeight: number
  /** Highest score that a topic gives. 0: none. */
  readonly topicScoreCap: number
  /** P1. */
  readonly timeInMeshWeight: number
  readonly timeInMeshQuantumMs: number
  readonly timeInMeshCap: number
  /** P2. */
  readonly firstMessageDeliveriesWeight: number
  readonly firstMessageDeliveriesDecay: number
  readonly firstMessageDeliveriesCap: number
  /** P3. */
  readonly meshMessageDeliveriesWeight: number
  readonly meshMessageDeliveriesDecay: number
  readonly meshMessageDeliveriesCap: number
  readonly meshMessageDeliveriesThreshold: number
  readonly meshMessageDeliveriesWindowMs: number
  readonly meshMessageDeliveriesActivationMs: number
  /** P3b. */
  readonly meshFailurePenaltyWeight: number
  readonly meshFailurePenaltyDecay: number
  /** P6: peers of one address above the threshold, squared. */
  readonly ipColocationFactorWeight: number
  readonly ipColocationFactorThreshold: number
  /** P7: grafts before their time, squared. */
  readonly behaviourPenaltyWeight: number
  readonly behaviourPenaltyDecay: number
  /** Below these a peer gets no announcements, no own messages, and is not heard at all. */
  readonly gossipThreshold: number
  readonly publishThreshold: number
  readonly graylistThreshold: number
  /** Below this median of its mesh a node grafts better peers, now and then. */
  readonly opportunisticGraftThreshold: number
}

/** Counters below this are 0. */
const decayToZero = 0.01

/** What each node thinks of each of its peers, by link end. 28 bytes an end. */
export class Scores {
  readonly #rules: ScoreRules
  /** Peers at the same address as the one at the end, among those of the node, itself included. */
  readonly #sameAddress: Uint16Array
  /** When the peer came into the mesh; -1 if it is not there. */
  readonly #graftedAt: Int32Array
  readonly #firsts: Float32Array
  readonly #deliveries: Float32Array
  readonly #failures: Float32Array
  readonly #behaviour: Float32Array
  readonly #value: Float32Array

  constructor(rules: ScoreRules, sameAddress: Uint16Array) {
    const ends = sameAddress.length
    this.#rules = rules
    this.#sameAddress = sameAddress
    this.#graftedAt = new Int32Array(ends).fill(-1)
    const counters = Array.from({ length: 5 }, () => new Float32Array(ends))
    ;[this.#firsts, this.#deliveries, this.#failures, this.#behaviour, this.#value] = counters as [
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
    ]
  }

  get rules(): ScoreRules {
    return this.#rules
  }

  get bytes(): number {
    return this.#value.length * 26
  }

  /** As of the node's last heartbeat. */
  of(end: number): number {
    return this.#value[end]!
  }

  joined(end: number, now: number): void {
    this.#graftedAt[end] = now
    this.#deliveries[end] = 0
  }

  /** A peer that leaves the mesh with a deficit has it stay for a while: P3b. */
  left(end: number, now: number): void {
    const deficit = this.#deficit(end, now)
    this.#failures[end]! += deficit * deficit
    this.#graftedAt[end] = -1
  }

  delivered(end: number): void {
    const { firstMessageDeliveriesCap: cap } = this.#rules
    this.#firsts[end] = Math.min(cap, this.#firsts[end]! + 1)
    this.#deliveredInMesh(end)
  }

  /** A copy counts as a delivery while it is nearly the first. */
  repeated(end: number, sinceFirstMs: number): void {
    if (sinceFirstMs <= this.#rules.meshMessageDeliveriesWindowMs) this.#deliveredInMesh(end)
  }

  misbehaved(end: number): void {
    this.#behaviour[end]!++
  }

  /** Once a heartbeat, for all ends of a node. */
  refresh(first: number, end: number, now: number): void {
    const rules = this.#rules
    for (let each = first; each < end; each++) {
      decay(this.#firsts, each, rules.firstMessageDeliveriesDecay)
      decay(this.#deliveries, each, rules.meshMessageDeliveriesDecay)
      decay(this.#failures, each, rules.meshFailurePenaltyDecay)
      decay(this.#behaviour, each, rules.behaviourPenaltyDecay)
      this.#value[each] = this.#compute(each, now)
    }
  }

  #deliveredInMesh(end: number): void {
    if (this.#graftedAt[end]! < 0) return
    this.#deliveries[end] = Math.min(this.#rules.meshMessageDeliveriesCap, this.#deliveries[end]! + 1)
  }

  #deficit(end: number, now: number): number {
    const grafted = this.#graftedAt[end]!
    if (grafted < 0 || now - grafted <= this.#rules.meshMessageDeliveriesActivationMs) return 0
    return Math.max(0, this.#rules.meshMessageDeliveriesThreshold - this.#deliveries[end]!)
  }

  #compute(end: number, now: number): number {
    const rules = this.#rules
    const grafted = this.#graftedAt[end]!
    const time = grafted < 0 ? 0 : Math.min(rules.timeInMeshCap, (now - grafted) / rules.timeInMeshQuantumMs)
    const topic =
      time * rules.timeInMeshWeight +
      this.#firsts[end]! * rules.firstMessageDeliveriesWeight +
      this.#deficit(end, now) ** 2 * rules.meshMessageDeliveriesWeight +
      this.#failures[end]! * rules.meshFailurePenaltyWeight
    const weighted = topic * rules.topicWeight
    const capped = rules.topicScoreCap > 0 ? Math.min(rules.topicScoreCap, weighted) : weighted
    const surplus = Math.max(0, this.#sameAddress[end]! - rules.ipColocationFactorThreshold)
    return (
      capped + surplus ** 2 * rules.ipColocationFactorWeight + this.#behaviour[end]! ** 2 * rules.behaviourPenaltyWeight
    )
  }
}

function decay(counters: Float32Array, index: number, factor: number): void {
  const value = counters[index]! * factor
  counters[index] = value < decayToZero ? 0 : value
}
