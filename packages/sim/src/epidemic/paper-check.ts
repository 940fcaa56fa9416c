import type { PaperCase, PaperFigure } from './paper.ts'
import { study, type Study } from './study.ts'

/** One figure of a paper beside ours. */
export interface PaperRow {
  readonly source: string
  readonly name: string
  readonly figure: string
  readonly paper: string | number
  readonly ours: number
  /** How far ours may be from the paper's: what is allowed, the paper's rounding, and three standard errors of ours. */
  readonly tolerance: number
  readonly isWithin: boolean
}

/** Tries a case, `part` of its runs but at least 2, and compares. */
export function checkPaper(paper: PaperCase, seed: number, part = 1): PaperRow[] {
  const runs = Math.max(2, Math.round(paper.runs * part))
  const found = study(paper.trial(), { runs, seed })
  return paper.figures.map((figure) => {
    const { ours, error } = oursOf(figure, found)
    const published = Number(figure.paper)
    const allowed = (figure.relative ?? 0) * published + (figure.absolute ?? 0)
    const rareError = figure.counted === undefined ? 0 : Math.sqrt(published / figure.counted / runs)
    const tolerance = allowed + roundingOf(figure.paper) + 3 * Math.max(error, rareError)
    const isWithin = Math.abs(ours - published) <= tolerance
    return {
      source: paper.source,
      name: paper.name,
      figure: figure.name,
      paper: figure.paper,
      ours,
      tolerance,
      isWithin,
    }
  })
}

/** Our figure and its standard error. */
function oursOf({ value }: PaperFigure, { runs, values }: Study): { ours: number; error: number } {
  if (typeof value === 'string') {
    const { mean, deviation } = values[value]!
    return { ours: mean, error: deviation / Math.sqrt(runs) }
  }
  const means = Object.fromEntries(Object.entries(values).map(([name, { mean }]) => [name, mean]))
  const ours = value(means)
  // How much the figure follows each value, times that value's error; as if they were independent.
  let square = 0
  for (const [name, { mean, deviation }] of Object.entries(values)) {
    const error = deviation / Math.sqrt(runs)
    if (error > 0) square += (value({ ...means, [name]: mean + error }) - ours) ** 2
  }
  return { ours, error: Math.sqrt(square) }
}

/** Half a unit of the last digit. */
function roundingOf(paper: string | number): number {
  if (typeof paper === 'number') return 0
  const decimals = paper.split('.')[1]?.length ?? 0
  return 0.5 * 10 ** -decimals
}
