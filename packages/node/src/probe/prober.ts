import { setTimeout as sleep } from 'node:timers/promises'
import type { Connection } from '@libp2p/interface'
import type { ProbeFinding } from '@grapevine/protocol/probe'
import { dialAddresses } from '../peer/dial-addresses.ts'
import type { PeerKeeper } from '../peer/keeper.ts'
import { ping } from '../peer/ping.ts'
import { tryDoor } from './door.ts'

/** What probing needs of its node. */
export interface ProberOptions {
  readonly keeper: Pick<PeerKeeper, 'dialable' | 'connections' | 'connect'>
  /** Takes what a member says of its addresses into the address book. */
  readonly meet: (peer: string) => void
}

/** How long each step may take, in ms. */
const stepMs = 3_000
/** A ping may be refused while others are under way. */
const pingAgain = { tries: 4, ms: 150 }
/** A member is tried once in so many ms, however many ask; who asks meanwhile waits, because a moment ago is not now. */
const pauseMs = 1_000
/** Members tried at once, and waiting for that. */
const atOnceMax = 32
const waitingMax = 256
/** Members of which it is known when they were tried; those tried longest ago go. */
const triedMax = 1_024

/**
 * Tries to reach members: pings over the link that there is, and knocks at the addresses that the member itself has told,
 * which says whether a new link could be made. Where there is no link, or a silent one, it makes one, and closes it again.
 */
export class Prober {
  readonly #options: ProberOptions
  /** Tries that have not begun yet. */
  readonly #next = new Map<string, Promise<ProbeFinding>>()
  /** When members were tried last. */
  readonly #triedAt = new Map<string, number>()
  readonly #waiting: (() => void)[] = []
  readonly #end = new AbortController()
  #running = 0

  constructor(options: ProberOptions) {
    this.#options = options
  }

  /** What is found from now on; `busy` if too much is to be tried. Rejects never. */
  probe(peer: string): Promise<ProbeFinding> {
    const known = this.#next.get(peer)
    if (known !== undefined) return known
    if (this.#next.size >= waitingMax) return Promise.resolve({ link: 'busy', door: 'untried' })
    const next = this.#inTurn(peer)
    this.#next.set(peer, next)
    return next
  }

  stop(): void {
    this.#end.abort()
  }

  async #inTurn(peer: string): Promise<ProbeFinding> {
    try {
      const restMs = (this.#triedAt.get(peer) ?? -Infinity) + pauseMs - performance.now()
      await sleep(Math.max(0, restMs), undefined, { signal: this.#end.signal, ref: false })
      if (this.#running >= atOnceMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } catch {
      return { link: 'busy', door: 'untried' }
    } finally {
      this.#next.delete(peer)
    }
    this.#running++
    try {
      this.#note(peer)
      return await this.#look(peer)
    } catch {
      return { link: 'none', door: 'untried' }
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
  }

  #note(peer: string): void {
    this.#triedAt.delete(peer)
    if (this.#triedAt.size >= triedMax) this.#triedAt.delete(this.#triedAt.keys().next().value!)
    this.#triedAt.set(peer, performance.now())
  }

  async #look(peer: string): Promise<ProbeFinding> {
    const { keeper, meet } = this.#options
    meet(peer)
    const known = keeper.dialable(peer)
    const signal = this.#within(stepMs)
    const addresses = known === undefined ? [] : [...(await dialAddresses(known, () => undefined)).keys()]
    const [connection] = keeper.connections(peer)
    const [ms, door] = await Promise.all([
      connection === undefined ? undefined : answered(connection, signal),
      tryDoor(addresses, signal),
    ])
    if (ms !== undefined) return { link: 'answers', ms, door }
    const link = connection === undefined ? 'none' : 'silent'
    if (door !== 'open' || known === undefined) return { link, door }
    const patience = this.#within(stepMs)
    try {
      return await this.#met(await keeper.connect(known, patience), link)
    } catch (error) {
      // Another key than that of the member, or another network; but silence makes the handshake fail in the same way.
      const isOther = error instanceof Error && error.name === 'EncryptionFailedError' && !patience.aborted
      return { link, door: isOther ? 'other' : door }
    }
  }

  /** Over a fresh link, which is not needed for more than this. */
  async #met(connection: Connection, before: ProbeFinding['link']): Promise<ProbeFinding> {
    const signal = this.#within(stepMs)
    const ms = await answered(connection, signal)
    await connection.close({ signal }).catch((error: Error) => connection.abort(error))
    return ms === undefined ? { link: before, door: 'open' } : { link: 'answers', ms, door: 'open' }
  }

  #within(ms: number): AbortSignal {
    return AbortSignal.any([AbortSignal.timeout(ms), this.#end.signal])
  }
}

/** The round trip in ms; undefined if nothing comes back in time. */
async function answered(connection: Connection, signal: AbortSignal): Promise<number | undefined> {
  for (let left = pingAgain.tries; left > 0 && !signal.aborted; left--) {
    try {
      return await ping(connection, signal)
    } catch {
      await sleep(pingAgain.ms, undefined, { signal }).catch(() => undefined)
    }
  }
  return undefined
}
