import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `topic rm TOPIC`. With `--json`: `{topic}`. */
export function topicRmCommand(): CommandUnknownOpts {
  return new Command('rm')
    .description('hold a topic no longer')
    .argument('<topic>', 'the topic')
    .addHelpText('after', examples('grapevine topic rm chat'))
    .action(async (topic, _options, command) => {
      const context = contextOf(command)
      const { requireTopicName } = await import('../topic-argument.ts')
      requireTopicName(topic)
      const client = await clientOf(context)
      const view = await client.call('topicRelease', { topic })
      if (context.json) return printJson(view)
      await print(`no longer holding ${topic}`)
      suggest(`next: ${context.self} topic ls`)
    })
}
