import type { SerializedError } from 'vitest'
import { DefaultReporter, type TestModule, type TestRunEndReason, type TestSuite } from 'vitest/node'

/**
 * Vitest's usual report, and then, alone on the very last line, `N passed, N failed`, with
 * `, N skipped` if some were. Whatever keeps tests from running counts as a failure too: a file that
 * does not load, a hook that throws, an error outside of any test, a run without tests.
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
    process.once('exit', () => process.stdout.write(`${line.text}\n`))
    if (line.failed > 0) process.exitCode = 1
  }
}

function count(
  modules: ReadonlyArray<TestModule>,
  errors: ReadonlyArray<SerializedError>,
  reason: TestRunEndReason,
): { text: string; failed: number } {
  let [passed, failed, skipped] = [0, errors.length, 0]
  const addSuite = (suite: TestModule | TestSuite): void => {
    if (suite.errors().length > 0) failed += 1
  }
  for (const module of modules) {
    addSuite(module)
    for (const suite of module.children.allSuites()) addSuite(suite)
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      else if (state === 'failed') failed += 1
      else skipped += 1
    }
  }
  if (failed === 0 && (reason === 'interrupted' || passed === 0)) failed = 1
  return { text: `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`, failed }
}
