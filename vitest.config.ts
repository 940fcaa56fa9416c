import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@grapevine/source'] },
  ssr: { resolve: { conditions: ['@grapevine/source'] } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'scripts/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default'],
    testTimeout: 30_000,
    maxWorkers: 2,
  },
})
