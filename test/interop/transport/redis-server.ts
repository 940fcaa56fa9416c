import { fileURLToPath } from 'node:url'
import { findProgram, type Program } from '../../debian-program.ts'

/** The machine's own redis-server, or that of the Debian it runs. */
export const findRedisServer = (): Promise<Program> =>
  findProgram({
    name: 'redis-server',
    probe: ['--version'],
    packages: ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1'],
    cache: fileURLToPath(new URL('dist/redis', import.meta.url)),
  })
