/**
 * pnpm reliability CASE [--runs N] [options of the case]
 *
 * What docs/reliability.md says, at full length: real processes of the built command line, real disks, and networks of
 * namespaces where packets get lost. The tests in test/reliability are short forms of the same. Prints a line a run, and
 * exits with 1 if one did not end as it should. Labs need root on Linux.
 */
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { cases } from './cases.ts'

const [name = '', ...args] = process.argv.slice(2)
const found = cases[name]
if (found === undefined) {
  console.error(`pnpm reliability CASE, one of:`)
  for (const [known, { does }] of Object.entries(cases)) console.error(`  ${known.padEnd(10)} ${does}`)
  process.exit(2)
}
const { values } = parseArgs({ args, options: { runs: { type: 'string', default: '1' }, ...found.options } })
const runs = Number(values['runs'])
const numbers = Object.fromEntries(Object.entries(values).map(([option, value]) => [option, Number(value)]))
console.log(`${cpus().length} × ${cpus()[0]!.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`)
let good = 0
for (let run = 1; run <= runs; run++) {
  try {
    const text = await found.run(numbers)
    good++
    console.log(`run ${run}: ${text}`)
  } catch (error) {
    console.log(`run ${run}: FAILED: ${(error as Error).message}`)
  }
}
console.log(`${good} of ${runs} runs`)
// A case that failed may have left something open.
process.exit(good === runs ? 0 : 1)
