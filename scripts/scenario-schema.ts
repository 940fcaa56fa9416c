/**
 * Writes the JSON Schema of scenario files for editors, and prints the table of fields of docs/simulation.md.
 *
 *     node --conditions=@grapevine/source scripts/scenario-schema.ts
 */
import { writeFileSync } from 'node:fs'
import { scenarioSchema } from '@grapevine/sim/scenario-file'
import { fieldRows } from './scenario-field.ts'

writeFileSync(
  new URL('../examples/scenarios/scenario.schema.json', import.meta.url),
  `${JSON.stringify(scenarioSchema, undefined, 2)}\n`,
)
for (const [path, ...cells] of fieldRows(scenarioSchema)) console.log(`| \`${path}\` | ${cells.join(' | ')} |`)
