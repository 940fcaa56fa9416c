import { replayOld } from '../../test/reliability/replay.ts'
import type { Stored } from '../../test/reliability/stored.ts'
import { detect } from '../../test/reliability/detection.ts'
import { comeBack } from '../../test/reliability/away.ts'
import { distances } from '../../test/reliability/distance.ts'
import { flipDatabase } from '../../test/reliability/flips.ts'
import { killUnderLoad } from '../../test/reliability/kill.ts'
import { lossy } from '../../test/reliability/loss.ts'
import { partition } from '../../test/reliability/partition.ts'

/** A case of `pnpm reliability`. */
export interface Case {
  readonly does: string
  /** Numbers, with their defaults. */
  readonly options: Readonly<Record<string, { readonly type: 'string'; readonly default: string }>>
  /** Runs it once: a line that says how it went; rejects if it did not go well. */
  readonly run: (options: Readonly<Record<string, number>>) => Promise<string>
}

const number = (standard: number): { type: 'string'; default: string } => ({
  type: 'string',
  default: String(standard),
})

/** All cases by name. */
export const cases: Readonly<Record<string, Case>> = {
  partition: {
    does: 'eight nodes in two halves: equal stores after the heal',
    options: { nodes: number(8), seconds: number(15), messages: number(1_000), timeout: number(120) },
    run: async ({ nodes = 0, seconds = 0, messages = 0, timeout = 0 }) => {
      const result = await partition({ nodes, seconds, messages, timeoutMs: timeout * 1_000 })
      const { healedMs, stores, verified } = result
      requireEqual(stores, 2 * messages)
      if (verified.some((code) => code !== 0)) throw new Error(`topic verify ended with ${verified.join(', ')}`)
      return `equal ${(healedMs / 1_000).toFixed(1)} s after the heal`
    },
  },
  distance: {
    does: 'nodes in eight regions: estimates of round trips beside pings',
    options: { nodes: number(8), seconds: number(300) },
    run: async ({ nodes = 0, seconds = 0 }) => {
      const percent = (part: number): string => (part === Infinity ? '–' : `${(100 * part).toFixed(1)} %`)
      const looks = [15, 30, 60, 120, 300, 600].filter((at) => at < seconds)
      await distances({
        nodes,
        seconds: [...looks, seconds],
        onLook: ({ pairs, exchangeMedian, ...found }) => {
          const parts = [found.median, found.p90, found.thirdMedian, found.thirdP90, exchangeMedian].map(percent)
          console.log(`| ${[found.seconds, pairs, ...parts].join(' | ')} |`)
        },
      })
      return 'seconds, pairs; estimates by one of the two: median, p90; by another: median, p90; exchanges: median'
    },
  },
  kill: {
    does: 'nodes under load are killed: nothing acknowledged is lost',
    options: { kills: number(200), seed: number(1), load: number(800) },
    run: async ({ kills = 0, seed = 0, load: loadMsMax = 0 }) => {
      const onKill = (done: number): void => {
        if (done % 20 === 0) console.log(`${done} kills`)
      }
      const result = await killUnderLoad({ kills, seed, loadMsMax, onKill })
      const { acknowledged, lost, unstored, repeatedAfter, unmarked, stores } = result
      requireEqual(stores, stores[0]!.count)
      if (lost + unstored > 0) throw new Error(`${lost} acknowledged, ${unstored} delivered messages are not stored`)
      if (repeatedAfter + unmarked > 0) throw new Error(`a consumer got ${repeatedAfter} again, ${unmarked} unmarked`)
      return `${kills} kills, ${acknowledged} messages acknowledged, none lost; ${stores[0]!.count} in both stores`
    },
  },
  flips: {
    does: 'bit errors in the database of a node: nothing wrong is served, and all comes back from a peer',
    options: { messages: number(3_000), flips: number(1_000), seed: number(1), timeout: number(60) },
    run: async ({ messages = 0, flips = 0, seed = 0, timeout = 0 }) => {
      const result = await flipDatabase({ messages, flips, seed, timeoutMs: timeout * 1_000 })
      const { wrong, heldFirst, wholeMs, damaged, stores } = result
      if (wrong + damaged > 0) throw new Error(`${wrong} messages were served wrong, ${damaged} rows are damaged still`)
      requireEqual(stores, messages)
      return `${heldFirst} of ${messages} left at first, all after ${(wholeMs / 1_000).toFixed(1)} s`
    },
  },
  replay: {
    does: 'a hostile peer sends old messages again: none is delivered or relayed',
    options: { messages: number(100_000), wait: number(250) },
    run: async ({ messages = 0, wait: waitSeconds = 0 }) => {
      const results = await replayOld({ messages, waitSeconds })
      const wrong = results.filter(({ delivered, relayed }) => delivered + relayed > 0)
      if (wrong.length > 0) throw new Error(JSON.stringify(wrong))
      return results.map(({ phase, reasons }) => `${phase} ${JSON.stringify(reasons)}`).join('; ')
    },
  },
  loss: {
    does: 'eight nodes over links that lose and delay packets: all is delivered, no link is dead',
    options: { nodes: number(8), loss: number(0.3), rtt: number(300), messages: number(1_000), timeout: number(300) },
    run: async ({ nodes = 0, loss = 0, rtt: roundTripMs = 0, messages = 0, timeout = 0 }) => {
      const options = { nodes, loss, roundTripMs, messages, timeoutMs: timeout * 1_000 }
      const { deliveredMs, dead, peers } = await lossy(options)
      if (dead > 0) throw new Error(`${dead} links are dead`)
      return `all delivered after ${(deliveredMs / 1_000).toFixed(1)} s, ${peers.join('/')} peers`
    },
  },
  members: {
    does: 'nodes are killed and frozen: how fast that is found out, and what is found that is not so',
    options: { nodes: number(10), kills: number(10), freezes: number(10), quiet: number(60), seed: number(1) },
    run: async ({ nodes = 0, kills = 0, freezes = 0, quiet: quietSeconds = 0, seed = 0 }) => {
      const found = await detect({ nodes, kills, freezes, quietSeconds, seed })
      const took = found.tookMs.toSorted((a, b) => a - b)
      const at = (part: number): string =>
        (took[Math.min(took.length - 1, Math.floor(part * took.length))]! / 1000).toFixed(1)
      const wrong = `${found.wronglyFailed} wrongly called failed, ${found.wronglySuspect} suspect`
      const hours = (found.nodeSeconds / 3600).toFixed(2)
      return (
        `${nodes} nodes: failed after ${at(0.5)} s, p99 ${at(0.99)} s, ${at(1)} s at most, seen by ${took.length} of ` +
        `${kills * (nodes - 1)}; ${wrong} in ${hours} node-hours with ${freezes} freezes, after which ${found.frozenFailed} called the frozen failed; ` +
        `${Math.round(found.bytesPerNodeSecond)} bytes a node and second`
      )
    },
  },
  away: {
    does: 'a node that was away for an hour of traffic catches up',
    options: { messages: number(200_000), timeout: number(300) },
    run: async ({ messages = 0, timeout = 0 }) => {
      const { caughtUpMs, stores } = await comeBack({ messages, timeoutMs: timeout * 1_000 })
      requireEqual(stores, messages)
      return `${messages} messages after ${(caughtUpMs / 1_000).toFixed(1)} s, the start included`
    },
  },
}

function requireEqual(stores: readonly Stored[], count: number): void {
  const wrong = stores.filter((stored) => stored.count !== count || stored.root !== stores[0]!.root)
  if (wrong.length > 0) throw new Error(`stores differ: ${stores.map((stored) => stored.count).join(' ')}`)
}
