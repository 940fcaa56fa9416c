import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { configurationPage } from './page.ts'

test('docs/configuration.md is what scripts/configuration.ts makes of the options', () => {
  const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8')
  expect(page).toBe(configurationPage())
})
