import { wireTopic, type Event, type Ref, type TopicRules } from '@grapevine/protocol'

/** No user's topic can have this name. */
export const beaconTopic = '!life'

/** Beacons closer together than this become one. */
const quietMs = 2_000
const firstMs = 300

/** Refs of the engine's own publishes, apart from those that somebody waits for. */
export const beaconRef: Ref = -1

export const beaconRules = (networkId: Uint8Array): TopicRules => ({
  name: beaconTopic,
  wireName: wireTopic(networkId, beaconTopic),
  format: 'envelope',
  messageBytesMax: 0,
  authorRateMax: 5,
  judged: false,
  delivery: 'best-effort',
})

/**
 * Says "I live" to the network, with an empty signed message, whenever a neighbour appears. A node with the same
 * identity further away then sees its own name on a message that it did not write. Costs a message for a new link,
 * nothing while links stay as they are.
 */
export class Beacon {
  readonly #dispatch: (event: Event) => void
  #timer: NodeJS.Timeout | undefined
  #lastAt = -Infinity

  constructor(dispatch: (event: Event) => void) {
    this.#dispatch = dispatch
  }

  /** A neighbour came, or an answer is due. */
  soon(): void {
    if (this.#timer !== undefined) return
    const waitMs = Math.max(firstMs, this.#lastAt + quietMs - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#lastAt = performance.now()
      const time = Date.now() * 1000
      this.#dispatch({ type: 'publish', ref: beaconRef, topic: beaconTopic, payload: new Uint8Array(), time })
    }, waitMs)
    this.#timer.unref()
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}
