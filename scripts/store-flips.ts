/**
 * node --conditions=@grapevine/source scripts/store-flips.ts [--rounds 100] [--flips 10] [--seed 1]
 *
 * Changes random bytes of a store's database file, again and again on a fresh copy, and says what came of it: nothing
 * wrong may be served, and a scrub must leave nothing broken. Exits with 1 otherwise.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { flipRounds } from '../packages/node/test/store/flip.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    flips: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
  },
})
const directory = mkdtempSync(join(tmpdir(), 'grapevine-flips-'))
try {
  const rounds = Number(values.rounds)
  const records = 3000
  const options = { rounds, flipsPerRound: Number(values.flips), records, seed: Number(values.seed) }
  const result = await flipRounds(join(directory, 'store.db'), options)
  process.stdout.write(`${JSON.stringify({ ...result, recordsInAll: rounds * records }, undefined, 2)}\n`)
  process.exitCode = result.wrong + result.stillBroken + result.unopenable === 0 ? 0 : 1
} finally {
  rmSync(directory, { recursive: true, force: true })
}
