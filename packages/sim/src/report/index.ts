/**
 * What came out of a simulation, as data.
 *
 * @example
 * ```ts
 * const found = readOutcome(await readFile('a.json', 'utf8'))
 * // found.format: 'grapevine-outcome', or 'grapevine-sweep'
 * ```
 */
export { SimError, type SimErrorCode } from '../error.ts'
export { DeliveryCount, type DeliveryParts } from './delivery-count.ts'
export * from './outcome.ts'
export { outcomeSchema, sweepSchema } from './outcome-schema.ts'
export { faultOf, type Schema, type SchemaFault } from './schema.ts'
export { TimeCount } from './time-count.ts'
export { compareOutcomes, type Comparison, type FigureDifference, type ParameterDifference } from './compare.ts'
export { compareReport, compareSvg, type NamedOutcome } from './compare-report.ts'
export { differenceText } from './difference-text.ts'
export { figureText } from './number-text.ts'
export { runReport, runSvg } from './run-report.ts'
export { sweepReport, sweepSvg } from './sweep-report.ts'
