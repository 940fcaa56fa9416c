import { expect, test } from 'vitest'
import { fieldRows } from '../scripts/scenario-field.ts'
import { tableOf } from './markdown.ts'
import { readText } from './source-tree.ts'

test('the table of fields of a scenario is that of its schema', () => {
  const schema = JSON.parse(readText('examples/scenarios/scenario.schema.json')) as Parameters<typeof fieldRows>[0]
  expect(tableOf(readText('docs/simulation.md'), 'field of a scenario')).toEqual(fieldRows(schema))
})
