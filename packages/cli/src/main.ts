import { contextOf } from './context.ts'
import { report } from './failure.ts'
import { endOnClosedOutput, flush } from './output.ts'
import { createProgram, HelpShown } from './program.ts'

endOnClosedOutput()
const program = await createProgram(process.argv.slice(2))
try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof HelpShown) process.exitCode = error.exitCode
  else {
    const { self, json } = contextOf(program)
    // Parsing may have failed before it came to the option.
    process.exitCode = report(error, { self, json: json || process.argv.includes('--json') })
  }
}
await flush()
// Whatever is still open, a request that was given up or a pipe that nobody closes, must not keep a finished command.
process.exit()
