import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { duration } from '../option.ts'

/** `topic verify TOPIC [PEER…]`. With `--json`: `TopicVerifyView`. */
export function topicVerifyCommand(): CommandUnknownOpts {
  return new Command('verify')
    .description(
      'compare the stores of all peers that can be reached with that of this node: exit 0 only if all are equal, 1 if one differs, 4 if none answers in time',
    )
    .argument('<topic>', 'a held topic')
    .argument('[peer...]', `peers to ask, each by ${peerHelp}; default: all that hold the topic`)
    .option('--timeout <duration>', 'give up after this long (default: 30s)', duration)
    .addHelpText('after', examples('grapevine topic verify chat', 'grapevine topic verify chat --json | jq .result'))
    .action(async (topic, peers, { timeout }, command) => {
      const { verifyTopic } = await import('../topic-compare.ts')
      await verifyTopic(topic, peers, timeout, contextOf(command))
    })
}
