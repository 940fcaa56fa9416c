/** A process that appends until it is killed, and says which records were acknowledged: a line with a number each. */
import { writeSync } from 'node:fs'
import { Store } from '../../src/store/index.ts'
import { recordNumber } from './records.ts'

const [path = '', first = '0'] = process.argv.slice(2)
const store = await Store.open({ path, reserveBytes: 0 })
let next = Number(first)

async function appendForEver(): Promise<never> {
  for (;;) {
    const number = next++
    await store.append([recordNumber(number)])
    say(`${number}\n`)
  }
}

/** Synchronous: what was said before the kill is in the pipe. */
function say(line: string): void {
  try {
    writeSync(1, line)
  } catch (error) {
    // The pipe is full, and whoever reads it is slow.
    if ((error as { code?: string }).code !== 'EAGAIN') throw error
    say(line)
  }
}

await Promise.all(Array.from({ length: 64 }, appendForEver))
