import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, open, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lineOf, messageOfLine, type Routed, type Target } from './routed.ts'
import type { LineForm } from './stream-config.ts'
import type { StreamLog } from './stream-log.ts'

/** Bytes that are read at once, and so the longest line. */
const chunkBytes = 1 << 20

/** Lines of a file from where it was left, and those that are appended; a file that became shorter is read from its start. */
export async function* fileSource(
  file: string,
  form: LineForm,
  {
    signal,
    log,
    placeFile,
    isFromStart,
  }: {
    readonly signal: AbortSignal
    readonly log: StreamLog
    /** Where the place is kept. */
    readonly placeFile: string
    readonly isFromStart: boolean
  },
): AsyncGenerator<{ readonly message: Routed; readonly done: () => void }, void, undefined> {
  let wake: (() => void) | undefined
  const poke = (): void => wake?.()
  const watcher: FSWatcher = watch(dirname(file), poke)
  watcher.on('error', () => undefined)
  signal.addEventListener('abort', poke)
  let at: number = (await savedPlace(placeFile)) ?? (isFromStart ? 0 : await sizeOf(file))
  try {
    while (!signal.aborted) {
      const size = await sizeOf(file)
      if (size < at) at = 0
      const chunk = size > at ? await readAt(file, at) : Buffer.alloc(0)
      const end = chunk.lastIndexOf(0x0a) + 1
      if (end === 0 && chunk.length === chunkBytes) {
        log.refused('this router', `a line of ${file} is longer than ${chunkBytes} bytes`)
        at += chunk.length
      }
      if (end === 0) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      const start = at
      for (let from = 0; from < end && !signal.aborted;) {
        const to = chunk.indexOf(0x0a, from)
        const message = messageOfLine(chunk.subarray(from, to), form)
        from = to + 1
        const place = start + from
        if (message === undefined) log.refused('this router', `a line of ${file} is no message in JSON`)
        else yield { message, done: () => void savePlace(placeFile, place) }
      }
      at = start + end
    }
  } finally {
    watcher.close()
  }
}

/** Appends a line for each message, one after the other, each whole: what the disk took in part is gone on with. */
export class FileTarget implements Target {
  readonly #file: string
  readonly #form: LineForm
  readonly #log: StreamLog
  #last: Promise<void> = Promise.resolve()
  #isClosed = false
  /** Whether the last line is known to be whole. */
  #isWhole = false

  constructor(file: string, form: LineForm, log: StreamLog) {
    this.#file = file
    this.#form = form
    this.#log = log
  }

  send(message: Routed): Promise<void> {
    this.#last = this.#last.then(() => this.#append(`${lineOf(message, this.#form)}\n`))
    return this.#last
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#last
  }

  async #append(line: string): Promise<void> {
    let rest = Buffer.from(line)
    while (!this.#isClosed) {
      try {
        const handle = await open(this.#file, 'a+')
        try {
          // What an earlier router left in the middle stays a line of its own.
          if (!this.#isWhole && (await isTorn(handle))) rest = Buffer.concat([newline, rest])
          this.#isWhole = true
          while (rest.length > 0) rest = rest.subarray((await handle.write(rest)).bytesWritten)
          await handle.sync()
        } finally {
          await handle.close()
        }
        return this.#log.ready(this.#file)
      } catch (error) {
        this.#log.away(this.#file, error)
        await new Promise((resolve) => setTimeout(resolve, 1_000))
      }
    }
  }
}

const newline = Buffer.from('\n')

/** Whether a file ends within a line. */
async function isTorn(handle: FileHandle): Promise<boolean> {
  const { size } = await handle.stat()
  if (size === 0) return false
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1)
  return !buffer.equals(newline)
}

async function readAt(file: string, at: number): Promise<Buffer> {
  const handle = await open(file)
  try {
    const buffer = Buffer.allocUnsafe(chunkBytes)
    const { bytesRead } = await handle.read(buffer, 0, chunkBytes, at)
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    const handle = await open(file)
    try {
      return (await handle.stat()).size
    } finally {
      await handle.close()
    }
  } catch {
    return 0
  }
}

async function savedPlace(file: string): Promise<number | undefined> {
  const place = Number(await readFile(file, 'utf8').catch(() => 'none'))
  return Number.isSafeInteger(place) && place >= 0 ? place : undefined
}

const saving = new Map<string, { readonly place: number } | undefined>()

/** Writes the last of several places that come while one is written. */
async function savePlace(file: string, place: number): Promise<void> {
  const isBusy = saving.has(file)
  saving.set(file, { place })
  if (isBusy) return
  for (let next = saving.get(file); next !== undefined; next = saving.get(file)) {
    saving.set(file, undefined)
    await writeFile(`${file}.new`, String(next.place))
      .then(() => rename(`${file}.new`, file))
      .catch(() => undefined)
  }
  saving.delete(file)
}
