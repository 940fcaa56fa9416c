import { join } from 'node:path'
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
    // Threads and programs that begin from source find it without its types there: they start in a third of the time.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node') },
    // Node strips types in WebAssembly, in each thread that begins from source. V8 of Node 24 now and then frees the code of
    // such calls twice when threads come and go ("Check failed: jit_page.has_value()", or SIGSEGV): so it compiles none.
    execArgv: ['--wasm-wrapper-tiering-budget=1000000000'],
  },
})
