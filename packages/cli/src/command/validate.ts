import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'

/** `validate TOPIC`. Without `--exec`: `ValidatorQuestion` a line out, `ValidatorAnswerLine` a line in. */
export function validateCommand(): CommandUnknownOpts {
  return new Command('validate')
    .argument(
      '<topic>',
      'the topic, which is then held; from now on it waits for such a client, until topic add --no-validator',
    )
    .option('--exec <command>', 'have a shell command judge, for as long as this runs')
    .addHelpText(
      'after',
      examples(
        `grapevine validate chat --exec 'python3 rule.py'`,
        `grapevine validate chat --exec 'jq -c --unbuffered "{verdict: (if .size > 100 then \\"ignore\\" else \\"accept\\" end)}"'`,
      ),
    )
    .action(async (topic, options, command) => {
      const { validate } = await import('../validate.ts')
      await validate(topic, options, contextOf(command))
    })
}
