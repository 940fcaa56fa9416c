import { Command } from '@commander-js/extra-typings'

const program = new Command('grapevine').description('The gossip node that can tell you what happened to every message')
await program.parseAsync()
