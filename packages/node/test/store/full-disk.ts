/** Fills the disk of a folder, with a store in it, and says what went on and what did not. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Store } from '../../src/store/index.ts'
import { newYear, recordNumber } from './records.ts'

const [folder = ''] = process.argv.slice(2)
const store = await Store.open({ path: join(folder, 'store.db'), reserveBytes: 12 << 20 })
const bytes = new Uint8Array(60_000)
const codeOf = (error: unknown): string => (error as { code: string }).code
const acknowledged: number[] = []

async function appendUntilFull(first: number): Promise<string> {
  for (let number = first; ; number++) {
    try {
      await store.append([recordNumber(number, { bytes })])
      acknowledged.push(number)
    } catch (error) {
      return codeOf(error)
    }
  }
}

async function has(number: number): Promise<boolean> {
  const { time, keys } = recordNumber(number)
  const { records } = await store.load('chat', [{ time, key: keys }], 1 << 20)
  return records.length === 1
}

await store.append([recordNumber(0, { topic: 'other' })])
// Somebody else's file takes part of the room, and is deleted later.
writeFileSync(join(folder, 'filler'), new Uint8Array(6 << 20))
const refusedWith = [await appendUntilFull(1)]
const begin = performance.now()
for (let attempt = 0; attempt < 100; attempt++) {
  refusedWith.push(await store.append([recordNumber(9999)]).then(() => 'none', codeOf))
}
const isQuick = performance.now() - begin < 1000
const readWhileFull = await has(acknowledged[5]!)
const floor = newYear + acknowledged[20]! * 1000
const floorWhileFull = await store.raiseFloor('chat', floor).then(
  (gone) => gone.length > 0,
  () => false,
)
const consumerWhileFull = await store.ask('consumer.list', undefined).then(
  (list) => list.length === 0,
  () => false,
)
rmSync(join(folder, 'filler'))
let recovered = false
for (let number = 10_000; !recovered && performance.now() - begin < 60_000; number++) {
  recovered = await store.append([recordNumber(number)]).then(
    () => true,
    () => false,
  )
  if (!recovered) await sleep(200)
}
let acknowledgedLost = 0
for (const number of acknowledged.filter((of) => of >= acknowledged[20]!)) if (!(await has(number))) acknowledgedLost++
const { damaged } = await store.scrub()
await store.close()
const codes = [...new Set(refusedWith)]
process.stdout.write(
  JSON.stringify({
    refusedWith: codes,
    isQuick,
    readWhileFull,
    consumerWhileFull,
    floorWhileFull,
    recovered,
    damaged,
    acknowledgedLost,
  }),
)
process.stderr.write(process.env['FULL_DISK_LIST'] === undefined ? '' : `${readdirSync(folder).join(' ')}\n`)
