import { setTimeout as delay } from 'node:timers/promises'
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { duration, integer } from '../option.ts'
import { note, print, printJsonLine } from '../output.ts'

const pauseMs = 1_000

/** `peer ping PEER`. With `--json`: a `PingView` for each, one a line. */
export function peerPingCommand(): CommandUnknownOpts {
  return new Command('ping')
    .description('measure the round trip to a connected peer')
    .argument('<peer>', peerHelp)
    .option('--count <n>', 'how many pings, one second apart', integer(1, 1_000_000), 1)
    .option('--timeout <duration>', 'give up a ping after this long (default: 5s)', duration)
    .addHelpText('after', examples('grapevine peer ping Qm7xKd --count 5'))
    .action(async (peer, { count, timeout }, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const times: number[] = []
      for (let i = 0; i < count; i++) {
        if (i > 0) await delay(pauseMs)
        const view = await client.call('peerPing', { peer, ...(timeout !== undefined && { timeout }) })
        times.push(view.ms)
        await (context.json ? printJsonLine(view) : print(`…${view.peerId.slice(-6)}  ${view.ms.toFixed(3)} ms`))
      }
      if (context.json || count === 1) return
      const mean = times.reduce((sum, ms) => sum + ms, 0) / count
      note(`least ${Math.min(...times).toFixed(3)}, mean ${mean.toFixed(3)}, most ${Math.max(...times).toFixed(3)} ms`)
    })
}
