import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { plural, print, printJson, suggest } from '../output.ts'

/** `topic add TOPIC`. With `--json`: `TopicView`. */
export function topicAddCommand(): CommandUnknownOpts {
  return new Command('add')
    .description('hold a topic: subscribe and relay, across restarts')
    .argument('<topic>', 'the topic')
    .addHelpText('after', examples('grapevine topic add chat'))
    .action(async (topic, _options, command) => {
      const context = contextOf(command)
      const { requireTopicName } = await import('../topic-argument.ts')
      requireTopicName(topic)
      const client = await clientOf(context)
      const view = await client.call('topicHold', {}, { body: { topic } })
      if (context.json) return printJson(view)
      await print(`holding ${topic} (${plural(view.peers, 'peer')})`)
      suggest(`next: ${context.self} sub ${topic}`)
    })
}
