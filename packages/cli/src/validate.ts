import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import type { ValidatorAnswerLine } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import { note } from './output.ts'
import { requireTopicName } from './topic-argument.ts'

/** Judges a topic with a command, or with whoever is at standard input and output, until either side ends. */
export async function validate(topic: string, { exec }: { readonly exec?: string }, context: Context): Promise<void> {
  requireTopicName(topic)
  const client = await clientOf(context)
  // Nothing is started for a node that is not there.
  await client.call('status', {})
  const child = exec === undefined ? undefined : spawn(exec, { shell: true, stdio: ['pipe', 'pipe', 'inherit'] })
  const [output, input]: [Writable, Readable] =
    child === undefined ? [process.stdout, process.stdin] : [child.stdin, child.stdout]
  output.on('error', () => undefined)
  const questions = client.stream('validate', { topic }, { body: answersOf(input) })
  note(`judging ${topic}`)
  try {
    for await (const question of questions) {
      if (!output.write(`${JSON.stringify(question)}\n`))
        await Promise.race([once(output, 'drain'), once(output, 'close')])
    }
  } finally {
    child?.stdin.end()
  }
  if (child === undefined) return
  if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
  if (child.exitCode !== 0) throw new CommandError('stopped', `the command ended with exit code ${child.exitCode}`)
}

/** Lines of JSON as they come. */
async function* answersOf(input: Readable): AsyncGenerator<ValidatorAnswerLine, void, void> {
  let rest = ''
  for await (const chunk of input.setEncoding('utf8')) {
    const lines = (rest + (chunk as string)).split('\n')
    rest = lines.pop()!
    for (const line of lines) yield parsed(line)
  }
}

function parsed(line: string): ValidatorAnswerLine {
  try {
    return JSON.parse(line) as ValidatorAnswerLine
  } catch {
    throw new CommandError('usage', 'an answer is no JSON: one object with a verdict is expected for each message')
  }
}
