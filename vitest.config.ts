import { defineConfig } from 'vitest/config'
import CountingReporter from './test/reporter.ts'

export default defineConfig({
  // Workspace packages are tested from source: no build is ever stale.
  resolve: { conditions: ['@grapevine/source'] },
  ssr: { resolve: { conditions: ['@grapevine/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: [new CountingReporter()],
    // For machines with other work: what waits, waits for something that happens, and goes on at once.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
  },
})
