import { defineConfig } from 'vitest/config'
import CountingReporter from './test/reporter.ts'

export default defineConfig({
  // Workspace packages are tested from source: no build is ever stale.
  resolve: { conditions: ['@grapevine/source'] },
  ssr: { resolve: { conditions: ['@grapevine/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: [new CountingReporter()],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
