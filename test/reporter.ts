import type { SerializedError } from 'vitest'
import { DefaultReporter, type TestModule, type TestRunEndReason, type TestSuite } from 'vitest/node'

/**
 * Vitest's usual report, then a line for each of the first twenty failures, and then, alone on the very last line,
 * `N passed, N failed`, with `, N skipped` if some were. Whatever keeps tests from running counts as a failure too: a
 * file that does not load, a hook that throws, an error outside of any test, a run without tests.
 */
export default class CountingReporter extends DefaultReporter {
  override onTestRunEnd(
    modules: ReadonlyArray<TestModule>,
    errors: ReadonlyArray<SerializedError>,
    reason: TestRunEndReason,
  ): void {
    super.onTestRunEnd(modules, errors, reason)
    const line = count(modules, errors, reason)
    // At exit, because vitest may still have something to say, about handles left open for example.
    process.once('exit', () => process.stdout.write([...line.failures.slice(0, 20), line.text, ''].join('\n')))
    if (line.failed > 0) process.exitCode = 1
  }
}

function count(
  modules: ReadonlyArray<TestModule>,
  errors: ReadonlyArray<SerializedError>,
  reason: TestRunEndReason,
): { text: string; failed: number; failures: readonly string[] } {
  let [passed, failed, skipped] = [0, errors.length, 0]
  const failures = errors.map((error) => `failed: ${firstLine(error)}`)
  const addFailure = (where: string, found: ReadonlyArray<SerializedError>): void => {
    failed += 1
    failures.push(`failed: ${where}: ${firstLine(found[0])}`)
  }
  const addSuite = (name: string, suite: TestModule | TestSuite): void => {
    if (suite.errors().length > 0) addFailure(name, suite.errors())
  }
  for (const module of modules) {
    addSuite(module.relativeModuleId, module)
    for (const suite of module.children.allSuites()) addSuite(`${module.relativeModuleId} > ${suite.fullName}`, suite)
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      else if (state === 'failed')
        addFailure(`${module.relativeModuleId} > ${test.fullName}`, test.result().errors ?? [])
      else skipped += 1
    }
  }
  if (failed === 0 && (reason === 'interrupted' || passed === 0)) failed = 1
  return { text: `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`, failed, failures }
}

function firstLine(error: SerializedError | undefined): string {
  return (error?.message ?? 'no message').split('\n', 1)[0] ?? ''
}
