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
/** Who asks again within this time, in ms, is told the same: no member is tried more often, whoever asks for it. */
const freshMs = 3_000
/** Members tried at once, and waiting for that. */
const atOnceMax = 32
const waitingMax = 256

interface Kept {
  readonly finding: Promise<ProbeFinding>
  /** Undefined while it is under way. */
  overAt: number | undefined
}

/**
 * Tries to reach members: pings over the link that there is, and knocks at the addresses that the member itself has told,
 * which says whether a new link could be made. Where there is no link, or a silent one, it makes one, and closes it again.
 */
export class Prober {
  readonly #options: ProberOptions
  readonly #kept = new Map<string, Kept>()
  readonly #waiting: (() => void)[] = []
  readonly #end = new AbortController()
  #running = 0

  constructor(options: ProberOptions) {
    this.#options = options
  }

  /** What is found, now or, unless it has to be `fresh`, a moment ago; `busy` if too much is to be tried. Rejects never. */
  probe(peer: string, { fresh = false }: { readonly fresh?: boolean } = {}): Promise<ProbeFinding> {
    const now = performance.now()
    for (const [known, { overAt = now }] of this.#kept) if (now - overAt > freshMs) this.#kept.delete(known)
    const kept = this.#kept.get(peer)
    if (kept !== undefined && (kept.overAt === undefined || !fresh)) return kept.finding
    if (this.#waiting.length >= waitingMax) return Promise.resolve({ link: 'busy', door: 'untried' })
    const begun: Kept = { finding: this.#inTurn(peer), overAt: undefined }
    this.#kept.set(peer, begun)
    void begun.finding.then(() => (begun.overAt = performance.now()))
    return begun.finding
  }

  stop(): void {
    this.#end.abort()
  }

  async #inTurn(peer: string): Promise<ProbeFinding> {
    if (this.#running >= atOnceMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#running++
    try {
      return await this.#look(peer)
    } catch {
      return { link: 'none', door: 'untried' }
    } finally {
      this.#running--
      this.#waiting.shift()?.()
    }
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
