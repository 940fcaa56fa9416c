/**
 * Runs the models of packages/sim with what papers ran, and prints our figures beside theirs. Exits with 1 if one is
 * outside of its tolerance, which is what the row allows, the paper's rounding, and three standard errors of ours.
 *
 *     pnpm sim:papers [--seed 1] [--part 0.1] [--json]
 *
 * `--part` takes so much of the runs. All takes half a minute.
 */
import { parseArgs } from 'node:util'
import { broadcastPaperCases } from '@grapevine/sim/broadcast'
import { checkPaper, paperCases, type PaperRow } from '@grapevine/sim/epidemic'
import { meshPaperCases } from '@grapevine/sim/mesh'

const { values } = parseArgs({
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    seed: { type: 'string', default: '1' },
    part: { type: 'string', default: '1' },
    json: { type: 'boolean' },
  },
})
const [seed, part] = [Number(values.seed), Number(values.part)]
if (!Number.isSafeInteger(seed) || !(part > 0 && part <= 1)) {
  console.error('--seed takes a whole number, --part a number above 0 and at most 1')
  process.exit(2)
}
const rows: PaperRow[] = []
let source = ''
for (const paper of [...paperCases(), ...meshPaperCases(), ...broadcastPaperCases()]) {
  const found = checkPaper(paper, seed, part)
  rows.push(...found)
  if (values.json === true) continue
  if (paper.source !== source) {
    source = paper.source
    console.log(`\n${source}`)
  }
  for (const row of found) console.log(lineOf(row))
}
const outside = rows.filter(({ isWithin }) => !isWithin).length
if (values.json === true) console.log(JSON.stringify(rows, undefined, 2))
else console.log(`\n${rows.length - outside} of ${rows.length} figures are within their tolerance`)
process.exit(outside === 0 ? 0 : 1)

function lineOf({ name, figure, paper, ours, tolerance, isWithin }: PaperRow): string {
  const numbers = `paper ${shown(paper).padEnd(10)} ours ${shown(ours).padEnd(10)} ± ${shown(tolerance).padEnd(10)}`
  return `  ${name.padEnd(42)} ${figure.padEnd(27)} ${numbers} ${isWithin ? 'within' : 'OUTSIDE'}`
}

function shown(value: string | number): string {
  return typeof value === 'string' ? value : String(Number(value.toPrecision(Math.abs(value) >= 1000 ? 7 : 4)))
}
