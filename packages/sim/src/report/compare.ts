import type { Figure, RunOutcome } from './outcome.ts'

/** A figure of two runs. Absent where a run has none of that name. */
export interface FigureDifference {
  readonly name: string
  readonly unit?: string
  readonly a?: number
  readonly b?: number
  /** b − a. */
  readonly difference?: number
  /** The same as a part of a; absent if a is 0. */
  readonly ratio?: number
}

/** A parameter that two runs do not have alike. */
export interface ParameterDifference {
  readonly name: string
  readonly a?: string | number | boolean
  readonly b?: string | number | boolean
}

/** Two runs beside each other. */
export interface Comparison {
  readonly figures: readonly FigureDifference[]
  readonly counters: readonly FigureDifference[]
  readonly parameters: readonly ParameterDifference[]
}

/** Puts figures, counters and parameters of two runs beside each other, in the order of the first. */
export function compareOutcomes(a: RunOutcome, b: RunOutcome): Comparison {
  const counters = ({ counters: counted, bytes }: RunOutcome): Figure[] =>
    Object.entries({ ...(bytes !== undefined && { bytes }), ...counted }).map(([name, value]) => ({ name, value }))
  const facts = (run: RunOutcome): RunOutcome['parameters'] => ({ kind: run.kind, seed: run.seed, ...run.parameters })
  const [one, other] = [facts(a), facts(b)]
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])]
  return {
    figures: differences(a.figures, b.figures),
    counters: differences(counters(a), counters(b)),
    parameters: names
      .filter((name) => valueOf(one, name) !== valueOf(other, name))
      .map((name) => {
        const [first, second] = [valueOf(one, name), valueOf(other, name)]
        return { name, ...(first !== undefined && { a: first }), ...(second !== undefined && { b: second }) }
      }),
  }
}

const valueOf = (parameters: RunOutcome['parameters'], name: string): string | number | boolean | undefined =>
  Object.hasOwn(parameters, name) ? parameters[name] : undefined

function differences(a: readonly Figure[], b: readonly Figure[]): FigureDifference[] {
  const others = new Map(b.map((figure) => [figure.name, figure]))
  const both = a.map((figure) => differenceOf(figure, others.get(figure.name)))
  const known = new Set(a.map(({ name }) => name))
  return [
    ...both,
    ...b
      .filter(({ name }) => !known.has(name))
      .map(({ name, value, unit }) => ({ name, b: value, ...(unit !== undefined && { unit }) })),
  ]
}

function differenceOf({ name, value: a, unit }: Figure, other: Figure | undefined): FigureDifference {
  const named = { name, ...(unit !== undefined && { unit }), a }
  // The same name with another unit is another figure.
  if (other === undefined || other.unit !== unit) return named
  const b = other.value
  const difference = b - a
  return { ...named, b, difference, ...(a !== 0 && { ratio: difference / Math.abs(a) }) }
}
