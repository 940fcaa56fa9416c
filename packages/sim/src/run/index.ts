/**
 * Scenarios with the real protocol under virtual time: machines above a mesh that follows gossipsub, disks, reconciliation,
 * state and members, with what goes wrong and what must be true. A seed repeats a run exactly.
 *
 * @example
 * ```ts
 * const run = new ScenarioRun(parseScenario({ name: 'two', nodes: 2, durationMs: 60_000, workload: [{}] }))
 * while (!run.isOver) run.advance(1000)
 * // run.violation: undefined; run.trace: the same 16 hex digits on every machine
 * ```
 */
export { ScenarioRun, type ScenarioRunOptions } from './scenario-run.ts'
export { scenarioInvariants, type ScenarioViolation } from './violation.ts'
export { planScenario, type PlanStep, type ScenarioPlan } from './plan.ts'
