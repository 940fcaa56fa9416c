import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cache = fileURLToPath(new URL('dist/redis', import.meta.url))
/** The server, and the libraries that a small Debian does not have already. */
const packages = ['redis-server', 'redis-tools', 'libjemalloc2', 'liblzf1']

/** A redis-server that starts, with the environment that it needs; or why there is none. */
export type RedisServer = { readonly command: string; readonly env: NodeJS.ProcessEnv } | { readonly missing: string }

/**
 * The machine's own redis-server; or that of the Debian it runs, unpacked beside this file and not installed. The
 * unpacked one is kept.
 */
export async function findRedisServer(): Promise<RedisServer> {
  const own: RedisServer = { command: 'redis-server', env: {} }
  if (await starts(own)) return own
  if (!existsSync(cache)) {
    try {
      await unpack()
    } catch {
      return { missing: 'there is no redis-server here, and apt-get cannot fetch it' }
    }
  }
  const libraries = readdirSync(join(cache, 'usr/lib')).map((folder) => join(cache, 'usr/lib', folder))
  const unpacked: RedisServer = {
    command: join(cache, 'usr/bin/redis-server'),
    env: { LD_LIBRARY_PATH: libraries.join(':') },
  }
  if (await starts(unpacked)) return unpacked
  return { missing: 'the redis-server of this Debian does not start' }
}

async function starts({ command, env }: { command: string; env: NodeJS.ProcessEnv }): Promise<boolean> {
  try {
    await run(command, ['--version'], { env: { ...process.env, ...env } })
    return true
  } catch {
    return false
  }
}

/** Into a folder of its own first: one that is cut short is not taken for whole. */
async function unpack(): Promise<void> {
  const draft = `${cache}.${process.pid}`
  const archives = join(draft, 'archives')
  mkdirSync(archives, { recursive: true })
  try {
    await run('apt-get', ['download', ...packages], { cwd: archives, timeout: 60_000 })
    for (const archive of readdirSync(archives)) await run('dpkg-deb', ['--extract', join(archives, archive), draft])
    rmSync(archives, { recursive: true })
    renameSync(draft, cache)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
