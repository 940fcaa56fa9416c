import type { PaperCase } from '../epidemic/paper.ts'
import { broadcastDefaults, runBroadcast, type BroadcastOptions } from './broadcast.ts'

type Row = readonly [
  name: string,
  options: Partial<BroadcastOptions>,
  messagesPerOperation: string | undefined,
  stableMs: readonly [p50: string, p95: string, p99: string, max: string] | undefined,
]

/** Maelstrom, doc/03-broadcast/02-performance.md: 25 nodes, 100 operations a second for 20 s. */
const rows: readonly Row[] = [
  ['line, 10 ms', { topology: 'line', latencyMs: 10 }, '12.006', ['86', '170', '193', '224']],
  ['grid, 10 ms', { topology: 'grid', latencyMs: 10 }, '27.81', ['11', '42', '56', '72']],
  ['grid', { topology: 'grid' }, undefined, ['452', '656', '748', '791']],
  ['grid, exponential', { topology: 'grid', isExponential: true }, undefined, ['229', '431', '520', '630']],
  ['total', { topology: 'total' }, '290.56', ['77', '95', '96', '97']],
  ['tree4', { topology: 'tree4' }, '11.994', ['386', '489', '498', '505']],
]

/**
 * Its measurements beside ours. It runs real processes, once, in which half of the operations are broadcasts only by
 * chance, and an operation itself takes some ms: hence the tolerance.
 */
export function broadcastPaperCases(): readonly PaperCase[] {
  return rows.map(([name, options, messages, stable]) => ({
    source: 'Maelstrom, broadcast',
    name,
    trial: () => ({
      bytes: 0,
      run: (rng) => {
        const { messagesPerOperation, stableMs } = runBroadcast({ ...broadcastDefaults, ...options }, rng.next())
        return { values: { messagesPerOperation, ...stableMs } }
      },
    }),
    runs: 10,
    figures: [
      ...(messages === undefined
        ? []
        : [{ name: 'messages an operation', value: 'messagesPerOperation', paper: messages, relative: 0.02 } as const]),
      ...(['p50', 'p95', 'p99', 'max'] as const).flatMap((value, index) =>
        stable === undefined
          ? []
          : [{ name: `stable latency, ${value}`, value, paper: stable[index]!, relative: 0.05, absolute: 15 } as const],
      ),
    ],
  }))
}
