import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { keepHelp, period, size } from '../keep-option.ts'
import { duration, integer } from '../option.ts'
import { plural, print, printJson, suggest } from '../output.ts'
import { validatorHelp } from '../validator-option.ts'

/** `topic add TOPIC`. With `--json`: `TopicView`. */
export function topicAddCommand(): CommandUnknownOpts {
  return new Command('add')
    .description('hold a topic: subscribe and relay, across restarts; or change what is kept of one that is held')
    .argument('<topic>', 'the topic')
    .addOption(new Option('--delivery <mode>', keepHelp.delivery).choices(['lossless', 'best-effort'] as const))
    .option('--retention-time <period>', keepHelp.time, period)
    .option('--retention-capacity <n>', keepHelp.capacity, integer(1, Number.MAX_SAFE_INTEGER))
    .option('--retention-size <size>', keepHelp.size, size)
    .option('--validator <command>', validatorHelp.validator)
    .option('--no-validator', validatorHelp.none)
    .addOption(
      new Option('--on-failure <what>', validatorHelp.onFailure).choices(['defer', 'accept', 'ignore'] as const),
    )
    .option('--validator-timeout <duration>', validatorHelp.timeout, duration)
    .addHelpText(
      'after',
      examples(
        'grapevine topic add chat',
        'grapevine topic add chat --retention-time 7d --retention-size 1GiB',
        'grapevine topic add ticks --delivery best-effort',
        "grapevine topic add chat --validator 'python3 rule.py' --on-failure ignore",
        'grapevine topic add chat --no-validator',
      ),
    )
    .action(async (topic, options, command) => {
      const context = contextOf(command)
      const { requireTopicName } = await import('../topic-argument.ts')
      requireTopicName(topic)
      const client = await clientOf(context)
      const { addTopic } = await import('../topic-add.ts')
      const view = await addTopic(topic, options, client)
      if (context.json) return printJson(view)
      await print(`holding ${topic} (${plural(view.peers, 'peer')})`)
      suggest(`next: ${context.self} sub ${topic}`)
    })
}
