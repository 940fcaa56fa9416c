import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `topic show TOPIC`. With `--json`: `TopicDetailView`. */
export function topicShowCommand(): CommandUnknownOpts {
  return new Command('show')
    .description('show the rules of a held topic, their hash, and which other nodes go by the same')
    .argument('<topic>', 'the topic')
    .addHelpText('after', examples('grapevine topic show chat', 'grapevine topic show chat --json > chat.json'))
    .action(async (topic, _options, command) => {
      const context = contextOf(command)
      const { requireTopicName } = await import('../topic-argument.ts')
      requireTopicName(topic)
      const client = await clientOf(context)
      const view = await client.call('topicShow', { topic })
      if (context.json) return printJson(view)
      const { topicScreen } = await import('../topic-screen.ts')
      await print(topicScreen(view))
      suggest(
        view.isDefault
          ? `give it rules with: ${context.self} topic define ${topic} --text`
          : `next: ${context.self} sub ${topic}`,
      )
    })
}
