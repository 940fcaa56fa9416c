import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { note, print, printJson, suggest } from '../output.ts'

/** `topic ls`. With `--json`: an array of `TopicView`. */
export function topicLsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list held topics: peers, mesh, readers, and the hash of the rules')
    .addHelpText('after', examples('grapevine topic ls'))
    .action(async (_options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const topics = await client.call('topics', {})
      if (context.json) return printJson(topics)
      if (topics.length === 0) {
        note('no topics held')
        suggest(`next: ${context.self} sub chat`)
        return
      }
      const { topicLines } = await import('../topic-line.ts')
      for (const line of topicLines(topics)) await print(line)
      suggest(`next: ${context.self} sub ${topics[0]!.topic}`)
    })
}
