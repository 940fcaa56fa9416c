import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { readOutcome, SimError, type NamedOutcome } from '@grapevine/sim/report'
import { CommandError } from '../failure.ts'
import { unreadable } from '../file-error.ts'
import { readWhole } from '../line.ts'

/** Largest file that is read, in bytes: some hundred times what a run writes. */
const bytesMax = 2 ** 25

/** Two runs that `--out` wrote, each with a name that tells it from the other. Error `usage`. */
export async function readTwo(a: string, b: string): Promise<readonly [a: NamedOutcome, b: NamedOutcome]> {
  const names = [a, b].map((path) => basename(path).replace(/\.json$/, ''))
  const [one, other] = names[0] === names[1] ? [a, b] : (names as [string, string])
  const [first, second] = [await readRun(a), await readRun(b)]
  return a === b
    ? [
        { name: `${one}, A`, run: first },
        { name: `${other}, B`, run: second },
      ]
    : [
        { name: one, run: first },
        { name: other, run: second },
      ]
}

async function readRun(path: string): Promise<NamedOutcome['run']> {
  const text = await readText(path)
  try {
    const found = readOutcome(text)
    if (found.format === 'grapevine-outcome') return found
  } catch (error) {
    if (!(error instanceof SimError)) throw error
    throw new CommandError('usage', `${path} is no outcome of a simulation: ${error.message}`, outHint)
  }
  throw new CommandError('usage', `${path} is a sweep; two single runs can be compared`, outHint)
}

const outHint = 'write one with: grapevine sim mesh --out FILE'

async function readText(path: string): Promise<string> {
  let bytes: Buffer | undefined
  try {
    bytes = await readWhole(createReadStream(path), bytesMax)
  } catch (error) {
    throw unreadable(path, error)
  }
  if (bytes !== undefined) return bytes.toString()
  throw new CommandError('usage', `${path} is larger than ${bytesMax / 2 ** 20} MiB: it is no outcome of a simulation`)
}
