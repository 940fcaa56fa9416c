/** A number for people: four digits, thousands apart, an exponent only where nothing else is readable. */
export function numberText(value: number): string {
  const size = Math.abs(value)
  if (value === 0) return '0'
  if (size < 1e-4 || size >= 1e15) return minus(value.toExponential(2))
  if (Number.isInteger(value) || size >= 10_000) return minus(Math.round(value).toLocaleString('en'))
  return minus(Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 8 }))
}

/** A time with its unit; ms from ten thousand on in seconds. */
export function timeText(value: number, unit: 'ms' | 'cycles'): string {
  if (unit === 'ms' && value >= 10_000) return `${numberText(Number((value / 1000).toPrecision(3)))} s`
  const number = Number(value.toPrecision(value >= 1000 ? 4 : 3))
  return `${numberText(number)} ${unit === 'cycles' && number === 1 ? 'cycle' : unit}`
}

/** A part as per cent, with as many digits as it takes not to call something all or nothing that is not. */
export function percentText(part: number): string {
  const rest = Math.min(Math.abs(part), Math.abs(1 - part))
  const decimals = rest === 0 || rest >= 0.0995 ? 0 : Math.min(8, Math.max(1, Math.ceil(-Math.log10(rest)) - 1))
  const isRound = Number.isInteger(Number((part * 100).toPrecision(12)))
  const digits = isRound ? 0 : Math.max(1, decimals)
  return `${minus(Number((part * 100).toFixed(digits)).toLocaleString('en', { maximumFractionDigits: 8 }))} %`
}

/** A value with the unit of its figure. */
export function figureText(value: number, unit?: string): string {
  if (unit === '%') return percentText(value / 100)
  if (unit === 'ms' || unit === 'cycles') return timeText(value, unit)
  if (unit === undefined) return numberText(value)
  return `${numberText(value)} ${value === 1 ? unit.replace(/s$/, '') : unit}`
}

/** A difference with its sign. */
export function signedText(value: number, text: (size: number) => string): string {
  if (value === 0) return '0'
  return `${value < 0 ? '−' : '+'}${text(Math.abs(value))}`
}

const minus = (text: string): string => text.replace('-', '−')
