/**
 * Files that describe a run of many nodes: who takes part, what goes wrong, what must be true. `docs/simulation.md` has every field.
 *
 * @example
 * ```ts
 * const scenario = parseScenario({ name: 'two', nodes: 2, durationMs: 60_000 })
 * // all fields with their defaults; SimError with the path of the field for what is wrong
 * ```
 */
export { SimError, type SimErrorCode } from '../error.ts'
export { isInteropParams, scenarioOfParams, type InteropScenario } from './interop.ts'
export { parseScenario } from './parse-scenario.ts'
export type { ScenarioEvent } from './scenario-event.ts'
export type * from './scenario-file.ts'
export { scenarioSchema } from './scenario-schema.ts'
export type { FieldSchema } from './schema.ts'
export { groupRanges, selectNodes, type NodeNames } from './select.ts'
export { setField } from './set-field.ts'
