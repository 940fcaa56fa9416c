import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { NodeError } from '../error.ts'

/** Which home a command means: `--home`, else `--node NAME`, else `GRAPEVINE_HOME`, else `~/.grapevine`. */
export function homeDirectory(
  choice: { readonly home?: string | undefined; readonly node?: string | undefined },
  env: NodeJS.ProcessEnv,
): string {
  if (choice.home !== undefined && choice.node !== undefined) {
    throw new NodeError('usage', '--home and --node name two homes', 'give one of them')
  }
  if (choice.home !== undefined) return resolveHome(choice.home, '--home')
  if (choice.node !== undefined) {
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(choice.node)) {
      throw new NodeError('usage', '--node takes 1 to 64 of A-Z a-z 0-9 . _ -', 'for a folder elsewhere use --home DIR')
    }
    return join(userHome(env), `.grapevine-${choice.node}`)
  }
  const fromEnv = env['GRAPEVINE_HOME']
  if (fromEnv !== undefined) return resolveHome(fromEnv, 'GRAPEVINE_HOME')
  return join(userHome(env), '.grapevine')
}

function resolveHome(directory: string, source: string): string {
  if (directory === '' || directory.includes('\0'))
    throw new NodeError('usage', `${source} is not a folder name`, `${source} takes a folder`)
  const path = resolve(directory)
  if (path === resolve('/'))
    throw new NodeError('home', 'the root folder cannot be a home', `point ${source} to a folder of its own`)
  return path
}

const userHome = (env: NodeJS.ProcessEnv): string => env['HOME'] || homedir()

/** Makes the home if it is missing, readable by its owner only; refuses what is not ours. Error `home`. */
export function ensureHome(home: string): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
    const stat = statSync(home)
    if (!stat.isDirectory()) throw new NodeError('home', `${home} is not a folder`, 'choose another with --home DIR')
    if (process.getuid !== undefined && stat.uid !== process.getuid()) {
      throw new NodeError('home', `${home} belongs to another user`, 'choose another with --home DIR')
    }
    if ((stat.mode & 0o077) !== 0) chmodSync(home, 0o700)
  } catch (error) {
    if (error instanceof NodeError) throw error
    throw new NodeError(
      'home',
      `${home} cannot be used: ${(error as Error).message}`,
      'choose another with --home DIR',
      { cause: error },
    )
  }
}
