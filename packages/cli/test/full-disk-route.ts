/** Run with a small disk at a path: a route to a file there while it is full. Prints what is in the file then. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileTarget } from '../src/route/file-ends.ts'
import { StreamLog } from '../src/route/stream-log.ts'

const [place = ''] = process.argv.slice(2)
const [file, filler] = [join(place, 'lines'), join(place, 'filler')]
writeFileSync(file, 'cut off')
writeFileSync(filler, Buffer.alloc(240 << 10))
const texts = [1, 2, 3].map((number) => `${number}`.repeat(20_000))
const full = Promise.withResolvers<void>()
class Log extends StreamLog {
  override away(what: string, error: unknown): void {
    super.away(what, error)
    full.resolve()
  }
}
const target = new FileTarget(file, 'text', new Log('route'))
const sent = Promise.all(texts.map((text) => target.send({ payload: Buffer.from(text), about: {} })))
await full.promise
rmSync(filler)
await sent
await target.close()
const lines = readFileSync(file, 'utf8').split('\n')
console.log(JSON.stringify(lines.map((line) => texts.indexOf(line) + 1 || line)))
