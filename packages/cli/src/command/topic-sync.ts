import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examplePeer, examples, peerHelp } from '../help.ts'
import { duration } from '../option.ts'

/** `topic sync TOPIC --with PEER`. With `--json`: `TopicSyncView`. */
export function topicSyncCommand(): CommandUnknownOpts {
  return new Command('sync')
    .description('make the stores of this node and a peer equal now, and say what came and went')
    .argument('<topic>', 'a held topic')
    .requiredOption('--with <peer>', `the peer: ${peerHelp}`)
    .option('--dry-run', 'only say what would come and go')
    .option('--timeout <duration>', 'give up after this long (default: 30s)', duration)
    .addHelpText(
      'after',
      examples(
        `grapevine topic sync chat --with ${examplePeer} --dry-run`,
        `grapevine topic sync chat --with ${examplePeer}`,
      ),
    )
    .action(async (topic, options, command) => {
      const { syncTopic } = await import('../topic-compare.ts')
      await syncTopic(topic, options, contextOf(command))
    })
}
