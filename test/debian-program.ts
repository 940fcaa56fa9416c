import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A program that a test needs, and that not every machine has. */
export interface Wanted {
  readonly name: string
  /** Arguments with which it starts and ends at once, exit 0. */
  readonly probe: readonly string[]
  /** The Debian packages of the program, and of the libraries that a small Debian does not have already. */
  readonly packages: readonly [string, ...string[]]
  /** Where it is in its package, if not in usr/bin: what is there may be a script that looks for it where it is installed. */
  readonly path?: string
  /** Folder in which the unpacked program is kept; git ignores it. */
  readonly cache: string
}

/** A program that starts, with the environment that it needs; or why there is none. */
export type Program = { readonly command: string; readonly env: NodeJS.ProcessEnv } | { readonly missing: string }

/** The machine's own program; or that of the Debian it runs, unpacked into a folder of the project and not installed. */
export async function findProgram({
  name,
  probe,
  packages,
  path = join('usr/bin', name),
  cache,
}: Wanted): Promise<Program> {
  const own = { command: name, env: {} }
  if (await starts(own, probe)) return own
  if (!existsSync(cache)) {
    try {
      await unpack(packages, cache)
    } catch {
      return { missing: `there is no ${name} here, and apt-get cannot fetch it` }
    }
  }
  const libraries = readdirSync(join(cache, 'usr/lib'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((folder) => join(folder.parentPath, folder.name))
  const unpacked = { command: join(cache, path), env: { LD_LIBRARY_PATH: libraries.join(':') } }
  if (await starts(unpacked, probe)) return unpacked
  return { missing: `the ${name} of this Debian does not start` }
}

async function starts(
  { command, env }: { readonly command: string; readonly env: NodeJS.ProcessEnv },
  probe: readonly string[],
): Promise<boolean> {
  try {
    await run(command, [...probe], { env: { ...process.env, ...env } })
    return true
  } catch {
    return false
  }
}

/** Into a folder of its own first: one that is cut short is not taken for whole. */
async function unpack(packages: readonly string[], cache: string): Promise<void> {
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
