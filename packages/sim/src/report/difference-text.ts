import type { FigureDifference } from './compare.ts'
import { figureText, numberText, percentText, signedText } from './number-text.ts'

/** A difference as people read it: `+12 ms`, and as a part, `+8.1 %`; of per cents in points. Empty where there is none. */
export function differenceText({ difference, ratio, unit }: FigureDifference): {
  readonly difference: string
  readonly ratio: string
} {
  if (difference === undefined) return { difference: '', ratio: '' }
  const text = (size: number): string => (unit === '%' ? `${numberText(size)} points` : figureText(size, unit))
  return {
    difference: signedText(difference, text),
    ratio:
      ratio === undefined || ratio === 0
        ? ''
        : signedText(ratio, (size) =>
            size > 100 ? `${numberText(Math.round(size))} times` : percentText(Number(size.toPrecision(3))),
          ),
  }
}
