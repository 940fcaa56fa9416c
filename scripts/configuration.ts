import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { configurationPage } from './configuration/page.ts'

// node --conditions=@grapevine/source scripts/configuration.ts: writes docs/configuration.md anew from the
// options that the node reads. A test (scripts/configuration/page.test.ts) says when that is due.
writeFileSync(fileURLToPath(new URL('../docs/configuration.md', import.meta.url)), configurationPage())
