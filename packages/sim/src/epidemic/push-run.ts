import type { Rng } from '../rng.ts'
import type { EpidemicRun } from './epidemic.ts'

/**
 * What an Epidemic does with the same draws where every site that knows tells another in each cycle and nothing goes
 * wrong, four times as fast: what decides is how much of the memory that is read at random fits into a processor's cache,
 * and a bit a site does. 4¼ bytes a site.
 */
export class PushEpidemic {
  readonly #nodes: number
  readonly #sites: Uint32Array
  /** By turns, 32 sites that knew when the cycle began, and the same 32 as they are now. */
  readonly #bits: Uint32Array
  readonly #words = new Uint32Array(4096)
  #at = 0

  constructor(nodes: number) {
    this.#nodes = nodes
    // One more: a site that is told again is written behind the last, and not counted.
    this.#sites = new Uint32Array(nodes + 1)
    this.#bits = new Uint32Array(((nodes + 31) >>> 5) * 2)
  }

  /** Memory of all arrays, in bytes. */
  get bytes(): number {
    return this.#sites.byteLength + this.#bits.byteLength
  }

  /** One epidemic; the generator must not be used elsewhere. */
  run(rng: Rng, cyclesMax: number): EpidemicRun {
    const nodes = this.#nodes
    this.#bits.fill(0)
    this.#at = this.#words.length
    this.#bits[0] = this.#bits[1] = 1
    this.#sites[0] = 0
    let [knowing, cycles, calls, sent, delays] = [1, 0, 0, 0, 0]
    const curve = [1]
    while (knowing < nodes && cycles < cyclesMax) {
      cycles++
      const before = knowing
      const useful = this.#cycle(rng, before)
      knowing += useful.informed
      this.#age()
      calls += before
      sent += useful.sent
      delays += useful.informed * cycles
      curve.push(knowing)
    }
    let lastDelay = cycles
    while (lastDelay > 0 && curve[lastDelay] === curve[lastDelay - 1]) lastDelay--
    const missed = nodes - knowing
    const meanDelay = delays / knowing
    return { cycles, missed, present: nodes, calls, sent, meanDelay, lastDelay, curve, links: calls }
  }

  /** The first `count` of the sites make their calls. In one loop without a call in it. */
  #cycle(rng: Rng, count: number): { informed: number; sent: number } {
    const [sites, bits, words] = [this.#sites, this.#bits, this.#words]
    const scale = (this.#nodes - 1) / 2 ** 32
    let [knowing, sent, at] = [count, 0, this.#at]
    for (let index = 0; index < count; index++) {
      if (at === words.length) {
        rng.fillWords(words)
        at = 0
      }
      // As `Draws.other` draws it.
      const drawn = (words[at++]! * scale) | 0
      const to = drawn < sites[index]! ? drawn : drawn + 1
      // Without a branch on what nobody can foresee: a wrong guess of the processor costs more than these lines.
      const word = (to >>> 5) << 1
      const now = bits[word + 1]!
      sent += 1 - ((bits[word]! >>> (to & 31)) & 1)
      sites[knowing] = to
      knowing += 1 - ((now >>> (to & 31)) & 1)
      bits[word + 1] = now | (1 << (to & 31))
    }
    this.#at = at
    return { informed: knowing - count, sent }
  }

  /** What was told in a cycle is passed on in the next. */
  #age(): void {
    const bits = this.#bits
    for (let word = 0; word < bits.length; word += 2) bits[word] = bits[word + 1]!
  }
}
