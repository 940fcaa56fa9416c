import type { CommandUnknownOpts } from '@commander-js/extra-typings'

/** A command as the help lists it; its file is loaded only where it is meant, for the sake of a quick start. */
export interface CommandEntry {
  readonly name: string
  /** What may stand behind the name, in the manner of the help; empty for a noun. */
  readonly takes: string
  readonly description: string
  readonly load: () => Promise<CommandUnknownOpts>
}

/** All commands but those within a noun, under the headings of the help. */
export const commandTable: readonly (readonly [heading: string, entries: readonly CommandEntry[]])[] = [
  [
    'Network:',
    [
      {
        name: 'network',
        takes: '',
        description: 'start, show or leave a network, and let others join it',
        load: async () => (await import('./command/network.ts')).networkCommand(),
      },
      {
        name: 'join',
        takes: '[options] [ticket]',
        description: 'join the network of a ticket, or one of other libp2p programs',
        load: async () => (await import('./command/join.ts')).joinCommand(),
      },
      {
        name: 'ticket',
        takes: '',
        description: 'print a ticket that lets others join, while the node is up or down',
        load: async () => (await import('./command/network-ticket.ts')).ticketCommand(),
      },
    ],
  ],
  [
    'Node:',
    [
      {
        name: 'up',
        takes: '[options]',
        description: 'start the node; it stays in front until Ctrl-C, unless it is detached',
        load: async () => (await import('./command/up.ts')).upCommand(),
      },
      {
        name: 'down',
        takes: '',
        description: 'stop the node, and return when its process is gone',
        load: async () => (await import('./command/down.ts')).downCommand(),
      },
      {
        name: 'status',
        takes: '',
        description: 'show the node, its peers, topics and counters',
        load: async () => (await import('./command/status.ts')).statusCommand(),
      },
      {
        name: 'logs',
        takes: '[options]',
        description: 'show the log of the node, running or not',
        load: async () => (await import('./command/logs.ts')).logsCommand(),
      },
      {
        name: 'config',
        takes: '',
        description: "show and change the node's options, in config.toml of its home",
        load: async () => (await import('./command/config.ts')).configCommand(),
      },
      {
        name: 'replay',
        takes: '[options] <file>',
        description: 'play what up --record kept of a node again, and show where it went another way',
        load: async () => (await import('./command/replay.ts')).replayCommand(),
      },
      {
        name: 'init',
        takes: '[options]',
        description: 'make the home with its identity and port; an existing one stays as it is',
        load: async () => (await import('./command/init.ts')).initCommand(),
      },
      {
        name: 'id',
        takes: '',
        description: 'show the peer id of this node, running or not',
        load: async () => (await import('./command/id.ts')).idCommand(),
      },
    ],
  ],
  [
    'Messages:',
    [
      {
        name: 'pub',
        takes: '[options] <topic> [message]',
        description: 'publish a message, and print its id',
        load: async () => (await import('./command/pub.ts')).pubCommand(),
      },
      {
        name: 'sub',
        takes: '[options] [topic...]',
        description:
          'print messages, kept ones if asked for and then those that arrive; Ctrl-C ends it with exit code 0',
        load: async () => (await import('./command/sub.ts')).subCommand(),
      },
      {
        name: 'validate',
        takes: '[options] <topic>',
        description: 'judge the messages of a topic on this node: a JSON line out for each, a JSON line in for each',
        load: async () => (await import('./command/validate.ts')).validateCommand(),
      },
      {
        name: 'body',
        takes: '[options] <id>',
        description: 'print the body of a message, however large, or write it into a file',
        load: async () => (await import('./command/body.ts')).bodyCommand(),
      },
      {
        name: 'history',
        takes: '[options] <topic>',
        description: 'print the messages of a topic that are kept, in the order in which they came, and end',
        load: async () => (await import('./command/history.ts')).historyCommand(),
      },
      {
        name: 'why',
        takes: '<id>',
        description: 'tell what this node did with a message, step by step',
        load: async () => (await import('./command/why.ts')).whyCommand(),
      },
      {
        name: 'topic',
        takes: '',
        description: 'the topics that this node holds, and their rules',
        load: async () => (await import('./command/topic.ts')).topicCommand(),
      },
      {
        name: 'consumer',
        takes: '',
        description: 'named readers, which go on behind what they acknowledged; sub --consumer makes them',
        load: async () => (await import('./command/consumer.ts')).consumerCommand(),
      },
      {
        name: 'outbox',
        takes: '',
        description: 'own messages that no other peer is known to hold yet',
        load: async () => (await import('./command/outbox.ts')).outboxCommand(),
      },
      {
        name: 'receipt',
        takes: '',
        description: 'signed statements of peers that they stored a message',
        load: async () => (await import('./command/receipt.ts')).receiptCommand(),
      },
      {
        name: 'evidence',
        takes: '',
        description: 'proof that an author signed two different messages under one number',
        load: async () => (await import('./command/evidence.ts')).evidenceCommand(),
      },
    ],
  ],
  [
    'Relays:',
    [
      {
        name: 'relay',
        takes: '',
        description: 'scripts that say what is right on their topics, and what is to be done with it',
        load: async () => (await import('./command/relay.ts')).relayCommand(),
      },
      {
        name: 'route',
        takes: '',
        description: 'carry messages between topics, networks, commands, files and HTTP, as a file says',
        load: async () => (await import('./command/route.ts')).routeCommand(),
      },
    ],
  ],
  [
    'Peers:',
    [
      {
        name: 'peer',
        takes: '',
        description: 'show other nodes, and choose whom this one talks to',
        load: async () => (await import('./command/peer.ts')).peerCommand(),
      },
      {
        name: 'member',
        takes: '',
        description: 'show who is in the network, who has failed, and who left',
        load: async () => (await import('./command/member.ts')).memberCommand(),
      },
      {
        name: 'members',
        takes: '[options]',
        description: 'list the members of the network, as this node sees them',
        load: async () => (await import('./command/member-ls.ts')).membersCommand(),
      },
      {
        name: 'rtt',
        takes: '[options] [member] [to-member]',
        description: 'estimate the round trip between any two members, without asking them',
        load: async () => (await import('./command/rtt.ts')).rttCommand(),
      },
    ],
  ],
  [
    'State and members:',
    [
      {
        name: 'state',
        takes: '',
        description: 'small values that all nodes see: those of each node, and those that several write together',
        load: async () => (await import('./command/state.ts')).stateCommand(),
      },
      {
        name: 'query',
        takes: '[options] <name> [body]',
        description: 'ask members, and print who answers what; it ends once all have, or the time is up',
        load: async () => (await import('./command/query.ts')).queryCommand(),
      },
      {
        name: 'request',
        takes: '[options] <peer> <name> [body]',
        description: 'ask one member, and print its answer; exit code 4 if none comes in time',
        load: async () => (await import('./command/request.ts')).requestCommand(),
      },
      {
        name: 'respond',
        takes: '[options] <name>',
        description: 'answer queries of a name with what a command prints, until Ctrl-C',
        load: async () => (await import('./command/respond.ts')).respondCommand(),
      },
      {
        name: 'on',
        takes: '[options] [rule...]',
        description: 'run commands when something happens to members, keys, topics or queries, until Ctrl-C',
        load: async () => (await import('./command/on.ts')).onCommand(),
      },
    ],
  ],
  [
    'Simulation:',
    [
      {
        name: 'sim',
        takes: '',
        description: 'simulate gossip: needs no node and no network',
        load: async () => (await import('./command/sim.ts')).simCommand(),
      },
    ],
  ],
  [
    'Other:',
    [
      {
        name: 'completion',
        takes: '<shell>',
        description: 'print a script that completes commands, options, topics and peers in a shell',
        load: async () => (await import('./command/completion.ts')).completionCommand(),
      },
      {
        name: 'version',
        takes: '',
        description: 'show the versions of grapevine and Node',
        load: async () => (await import('./command/version.ts')).versionCommand(),
      },
      {
        name: 'help',
        takes: '[command...]',
        description: 'show help for a command',
        load: async () => (await import('./command/help.ts')).helpCommand(),
      },
    ],
  ],
]
