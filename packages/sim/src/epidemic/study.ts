import { Rng } from '../rng.ts'
import { checkWhole } from './option.ts'

/** Something random that can be tried again and again. */
export interface Trial {
  /** Memory of its arrays, in bytes. */
  readonly bytes: number
  /** One try, with a generator that is used for nothing else. */
  run(rng: Rng): Outcome
}

/** What came out of one try. */
export interface Outcome {
  /** By name; every try of a kind has the same names. */
  readonly values: Readonly<Record<string, number>>
  /** How many sites have the update after each cycle, before the first on. */
  readonly curve?: readonly number[]
}

/** One value over many tries. */
export interface Spread {
  readonly mean: number
  /** Of one try, not of the mean. 0 for a single try. */
  readonly deviation: number
  readonly least: number
  readonly most: number
}

/** What came out of many tries. */
export interface Study {
  readonly runs: number
  readonly seed: number
  readonly values: Readonly<Record<string, Spread>>
  /** The mean of all curves; one that ended earlier stays where it ended. Absent where there are none. */
  readonly curve?: readonly number[]
  readonly bytes: number
}

/** Options of {@link study}. */
export interface StudyOptions {
  /** From 1. */
  readonly runs: number
  readonly seed: number
  /** Told after each try how many there were, and what came out of it. */
  readonly onRun?: (done: number, outcome: Outcome) => void
}

/** Tries so many times. The same seed gives the same study on every machine; try 7 is the same whatever `runs` is. */
export function study(trial: Trial, { runs, seed, onRun }: StudyOptions): Study {
  checkWhole('runs', runs, 1, 1e9)
  const root = new Rng(seed)
  const sums = new Map<string, Sums>()
  const curves = new CurveSum()
  for (let run = 0; run < runs; run++) {
    const outcome = trial.run(root.fork(`run ${run}`))
    const { values, curve } = outcome
    if (curve !== undefined) curves.add(curve)
    onRun?.(run + 1, outcome)
    for (const [name, value] of Object.entries(values)) {
      let sum = sums.get(name)
      if (sum === undefined) sums.set(name, (sum = new Sums()))
      sum.add(value)
    }
  }
  const values = Object.fromEntries([...sums].map(([name, sum]) => [name, sum.spread]))
  const curve = curves.mean(runs)
  return { runs, seed, values, ...(curve !== undefined && { curve }), bytes: trial.bytes }
}

/** Mean and deviation in one pass: Welford 1962. */
class Sums {
  #count = 0
  #mean = 0
  #squares = 0
  #least = Infinity
  #most = -Infinity

  add(value: number): void {
    const before = value - this.#mean
    this.#mean += before / ++this.#count
    this.#squares += before * (value - this.#mean)
    this.#least = Math.min(this.#least, value)
    this.#most = Math.max(this.#most, value)
  }

  get spread(): Spread {
    const deviation = this.#count > 1 ? Math.sqrt(this.#squares / (this.#count - 1)) : 0
    return { mean: this.#mean, deviation, least: this.#least, most: this.#most }
  }
}

class CurveSum {
  /** The sum of what was added while a curve still ran, by cycle. */
  readonly #sums: number[] = []
  /** The sum of the ends of curves that were over by then, by their last cycle. */
  readonly #ends: number[] = []

  add(curve: readonly number[]): void {
    for (const [cycle, count] of curve.entries()) this.#sums[cycle] = (this.#sums[cycle] ?? 0) + count
    const last = curve.length - 1
    this.#ends[last] = (this.#ends[last] ?? 0) + curve[last]!
  }

  mean(runs: number): readonly number[] | undefined {
    let ended = 0
    const mean = this.#sums.map((sum, cycle) => {
      if (cycle > 0) ended += this.#ends[cycle - 1] ?? 0
      return (sum + ended) / runs
    })
    return mean.length === 0 ? undefined : mean
  }
}
