// A validator for tests: what it does is in the messages. docs/validators.md
import { createInterface } from 'node:readline'

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const [mode] = process.argv.slice(2)
if (mode === 'exit') process.exit(3)
for await (const line of createInterface({ input: process.stdin })) {
  const { id, text, parents } = JSON.parse(line) as { id: string; text: string; parents: string[] }
  const [word, rest = ''] = text.split(' ')
  if (word === 'crash') process.exit(1)
  if (word === 'hang') await delay(1e9)
  if (word === 'close') process.stdout.end()
  if (word === 'close') await delay(1e9)
  if (word === 'slow') await delay(Number(rest))
  if (word === 'garbage') process.stdout.write('accept\n')
  else if (word === 'long') process.stdout.write(`${' '.repeat(70_000)}\n`)
  else if (word === 'twice') process.stdout.write('{"verdict":"accept"}\n{"verdict":"accept"}\n')
  else if (word === 'other') process.stdout.write(`${JSON.stringify({ verdict: 'accept', id: 'ff' })}\n`)
  else if (word === 'reject') process.stdout.write(`${JSON.stringify({ id, verdict: 'reject', reason: rest })}\n`)
  else if (word === 'wait') process.stdout.write(`${JSON.stringify({ verdict: 'defer', ids: parents, for: 500 })}\n`)
  else process.stdout.write('{"verdict":"accept"}\n')
}
