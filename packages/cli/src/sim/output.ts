import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { RunOutcome, SweepOutcome } from '@grapevine/sim/report'
import { CommandError } from '../failure.ts'

/** Files that a simulation was asked for. */
export interface SimFiles {
  /** What came out, as JSON. */
  readonly out?: string | undefined
}

/** The help of `--out`. */
export const outHelp = 'write what came out to a file, as JSON'

/** Whether there are any. */
export const isWanted = ({ out }: SimFiles): boolean => out !== undefined

/** To be called before a simulation: error `usage` for a file that could not be written when it is over. */
export async function checkSimFiles({ out }: SimFiles): Promise<void> {
  if (out !== undefined) await checkWritable(out)
}

/** Writes the files that were asked for. Error `usage`. */
export async function writeSimFiles({ out }: SimFiles, outcome: () => RunOutcome | SweepOutcome): Promise<void> {
  if (out !== undefined) await writeWhole(out, `${JSON.stringify(outcome())}\n`)
}

async function checkWritable(path: string): Promise<void> {
  try {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (found?.isDirectory() === true) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
    if (found !== undefined) await access(path, constants.W_OK)
    if (found === undefined || found.isFile()) await access(dirname(path), constants.W_OK)
  } catch (error) {
    throw unwritable(path, error)
  }
}

/** Beside it first, so that nobody ever reads half of it; what is no file, such as /dev/null, is written to. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}`)
  try {
    const found = await stat(path).catch(() => undefined)
    if (found !== undefined && !found.isFile()) return await writeFile(path, text)
    await writeFile(draft, text)
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw unwritable(path, error)
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

function unwritable(path: string, error: unknown): CommandError {
  const { code, message } = error as NodeJS.ErrnoException
  return new CommandError('usage', `${path} cannot be written: ${reasons[code ?? ''] ?? message}`)
}
