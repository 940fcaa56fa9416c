import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CommandError } from './failure.ts'
import { unwritable } from './file-error.ts'

/** How {@link writeWhole} writes. */
export interface WholeFileOptions {
  /** It must not be there yet. */
  readonly isNew?: true
  /** Who may read it. Default: whom the user's umask lets. */
  readonly mode?: number
}

/**
 * Writes a file beside its place first, so that nobody ever reads half of it; what is no file, such as /dev/null, is written
 * to. Error `usage`, with why, if it cannot be written; errors of the pieces as they are.
 */
export async function writeWhole(
  path: string,
  pieces: string | AsyncIterable<string | Uint8Array>,
  { isNew, mode }: WholeFileOptions = {},
): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found !== undefined && isNew === true)
    throw new CommandError('usage', `${path} cannot be written: it is there already`)
  const isPlace = found !== undefined && !found.isFile()
  const draft = isPlace ? path : join(dirname(path), `.${basename(path)}.${process.pid}`)
  let file: FileHandle
  try {
    file = await open(draft, 'w', mode)
  } catch (error) {
    throw unwritable(path, error)
  }
  try {
    // Unlike `write`, it goes on where the disk took a part of a piece.
    await file.writeFile(pieces)
    await file.close()
    if (!isPlace) await rename(draft, path)
  } catch (error) {
    await file.close().catch(() => undefined)
    if (!isPlace) await rm(draft, { force: true })
    const { syscall = '' } = error as NodeJS.ErrnoException
    throw ['write', 'close', 'rename'].includes(syscall) ? unwritable(path, error) : error
  }
}
