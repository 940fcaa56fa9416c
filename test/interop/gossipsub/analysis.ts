/** A line of a node's stdout, as far as it is looked at. */
interface Line {
  readonly time: string
  readonly msg: string
  readonly id?: string
  readonly node_id?: number
  readonly until?: number
  readonly elapsedSeconds?: number
}

const linesOf = (log: string): readonly Line[] =>
  log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

/** In which a mesh forms, of the time before the first wait ends. */
const meshSeconds = 2

/** Whether a node was ready, with time for the mesh to form, when its script first had it wait. */
export function isInTime(log: string): boolean {
  const { until = 0, elapsedSeconds = 0 } = linesOf(log).find(({ msg }) => msg === 'Waiting') ?? {}
  return elapsedSeconds <= until - meshSeconds
}

/** The first copy of a message at a node. Times are since 1970, in ms. */
interface Delivery {
  readonly node: number
  readonly atMs: number
}

/** How a message spread, as analyze_message_deliveries.py of gossipsub-interop counts it. */
export interface Spread {
  readonly id: string
  /** By time. The author is among them if a copy came back to it. */
  readonly deliveries: readonly Delivery[]
  /** From the first delivery to the last. */
  readonly timeMs: number
  /** From the first delivery to the one in the middle. */
  readonly p50Ms: number
  /** Copies after the first, by node. */
  readonly duplicates: number
  /** Share of the other nodes, 0 to 1. */
  readonly reached: number
  /** From the author's line, which the contract does not ask for. */
  readonly publishedAtMs: number
}

/** What the stdouts of all nodes say, one text each: a message after the other, by its first delivery. */
export function analyse(logs: readonly string[]): readonly Spread[] {
  const spreads = new Map<string, { deliveries: Delivery[]; copies: number; publishedAtMs: number }>()
  const nodes = new Set<number>()
  for (const log of logs) {
    const lines = linesOf(log)
    const node = lines.find(({ msg }) => msg === 'PeerID')!.node_id!
    nodes.add(node)
    const seen = new Set<string>()
    for (const { msg, id = '', time } of lines) {
      if (msg !== 'Received Message' && msg !== 'Publishing') continue
      const spread = spreads.get(id) ?? { deliveries: [], copies: 0, publishedAtMs: NaN }
      spreads.set(id, spread)
      if (msg === 'Publishing') spread.publishedAtMs = Date.parse(time)
      else if (seen.has(id)) spread.copies++
      else {
        seen.add(id)
        spread.deliveries.push({ node, atMs: Date.parse(time) })
      }
    }
  }
  const all = [...spreads].map(([id, { deliveries, copies, publishedAtMs }]) => {
    const inOrder = deliveries.toSorted((a, b) => a.atMs - b.atMs)
    const at = inOrder.map(({ atMs }) => atMs)
    return {
      id,
      deliveries: inOrder,
      timeMs: (at.at(-1) ?? NaN) - (at[0] ?? NaN),
      p50Ms: (at[at.length >> 1] ?? NaN) - (at[0] ?? NaN),
      duplicates: copies / nodes.size,
      reached: Math.min(1, inOrder.length / (nodes.size - 1)),
      publishedAtMs,
    }
  })
  const firstMs = ({ deliveries, publishedAtMs }: Spread): number => deliveries[0]?.atMs ?? publishedAtMs
  return all.toSorted((a, b) => firstMs(a) - firstMs(b))
}
