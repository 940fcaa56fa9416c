import { expect, test } from 'vitest'
import { createProgram } from '../packages/cli/src/program.ts'
import { blocksOf, proseOf } from './markdown.ts'
import { projectFiles, readText } from './source-tree.ts'

test('every grapevine command in the documents exists, with its options and no argument too many', async () => {
  const program = await createProgram()
  const commands = projectFiles()
    .filter((path) => path.endsWith('.md'))
    .flatMap((path) => commandsIn(readText(path)).map((command) => ({ path, command })))
  expect(commands.length).toBeGreaterThan(20)
  const wrong = commands.flatMap(({ path, command }) =>
    faultsOf(program, command).map((fault) => `${path}: grapevine ${command}: ${fault}`),
  )
  expect(wrong).toEqual([])
})

type Command = Awaited<ReturnType<typeof createProgram>>

/** What stands after `grapevine` in shell blocks and in code within a sentence, up to the end of the simple command. */
function commandsIn(markdown: string): string[] {
  const lines = blocksOf(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
  const spans = [...proseOf(markdown).matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  return [...lines, ...spans].flatMap((line) =>
    [...line.matchAll(/(?:^|[\s;|(]|\.\/)grapevine ((?:"[^"]*"|'[^']*'|[^;&|<>)])*)/g)].map(([, rest = '']) =>
      rest.trim(),
    ),
  )
}

/** An upper-case word or `…` stands for any argument. */
function faultsOf(program: Command, text: string): string[] {
  const words = text.match(/(?:"[^"]*"|'[^']*'|\S)+/g) ?? []
  let command = program
  const faults: string[] = []
  let count = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!
    if (word.startsWith('-') && word !== '-') {
      const option = [...command.options, ...program.options].find(({ long, short }) => word === long || word === short)
      if (option === undefined && !['--help', '-h'].includes(word)) faults.push(`no option ${word}`)
      if (option?.required === true) i++
      continue
    }
    const child = command.commands.find((each) => each.name() === word || each.aliases().includes(word))
    if (count === 0 && child !== undefined) command = child
    else count++
  }
  const [first] = words
  const isOpen = first === undefined || first === '…' || first === 'help'
  if (isOpen) return faults
  const most = command.registeredArguments.some(({ variadic }) => variadic)
    ? Infinity
    : command.registeredArguments.length
  if (command === program && count > 0) faults.push('no such command')
  else if (count > most)
    faults.push(command.commands.length > 0 ? 'no such verb' : `${count} arguments, at most ${most}`)
  return faults
}
