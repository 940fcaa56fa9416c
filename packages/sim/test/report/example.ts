import type { RunOutcome } from '../../src/report/outcome.ts'

/** An outcome with every field. */
export const plainOutcome: RunOutcome = {
  format: 'grapevine-outcome',
  version: 1,
  kind: 'mesh',
  title: 'A mesh of 100 nodes, 20 messages',
  command: 'grapevine sim mesh --nodes 100 --seed 7',
  seed: 7,
  runs: 1,
  trace: '0123456789abcdef',
  problem: 'once did not hold: twice on n7',
  parameters: { nodes: 100, 'rules.d': 6, 'network.latency': '40..130 ms', 'rules.floodPublish': true },
  nodes: 100,
  messages: 20,
  timeUnit: 'ms',
  figures: [
    { name: 'delivered', value: 99.5, unit: '%' },
    { name: 'median delay', value: 140, unit: 'ms' },
    { name: 'p99 delay', value: 290, unit: 'ms' },
    { name: 'duplicates', value: 4.02, spread: { deviation: 0.1, least: 3.9, most: 4.2 } },
  ],
  curve: {
    points: [
      [0, 0],
      [100, 0.4],
      [200, 0.9],
      [300, 0.995],
    ],
    slow: [
      [0, 0],
      [140, 0.4],
      [250, 0.9],
    ],
    fast: [
      [0, 0],
      [80, 0.4],
      [170, 0.9],
      [260, 1],
    ],
    over: 'messages',
  },
  latency: {
    mean: 145.2,
    p50: 140,
    p90: 200,
    p95: 240,
    p99: 290,
    max: 300,
    cdf: [
      [60, 0.01],
      [140, 0.5],
      [200, 0.9],
      [290, 0.99],
      [300, 1],
    ],
    last: [
      [230, 0.05],
      [260, 0.5],
      [300, 0.9],
    ],
  },
  copies: [
    [0, 10],
    [1, 100],
    [5, 900],
    [6, 980],
  ],
  regions: {
    names: ['europe', 'asia'],
    median: [
      [80, 210.5],
      [205, null],
    ],
  },
  theory: [
    { name: 'duplicates', ours: 4.02, expected: 4.02, tolerance: 1e-9, source: 'D − 2 + 2/N' },
    { name: 'residue', ours: 0.2, expected: 0.1, tolerance: 0.05, source: 'e^(−m)' },
  ],
  bytes: 512_000,
  counters: { 'copies sent': 10_000, IHAVE: 300 },
}
