/** What of the sites a rumor never reaches: s = e^(−(k + 1)(1 − s)). Demers et al. 1987, §1.4. */
export function rumorResidue(k: number): number {
  return fixedPoint(0, (s) => Math.exp(-(k + 1) * (1 - s)))
}

/**
 * What `traffic` updates a site, sent to sites at random, leave out: e^(−λm), with λ = 1; with one connection a site and
 * cycle 1 / (1 − e^−1), as no two of them meet. Demers et al. 1987, §1.4.
 */
export function residueOfTraffic(traffic: number, isLimited = false): number {
  return Math.exp(-traffic * (isLimited ? 1 / (1 - Math.exp(-1)) : 1))
}

/** Cycles until push has reached all: log2 n + ln n. Pittel 1987; by Doerr and Künnemann 2014 within −2.2 and +3.8. */
export function pushCycles(nodes: number): number {
  return Math.log2(nodes) + Math.log(nodes)
}

/** Bounds on the mean of that: ⌊log2 n⌋ + ln n − 1.116 and ⌈log2 n⌉ + ln n + 2.765. Doerr and Künnemann 2014. */
export function pushCycleBounds(nodes: number): readonly [least: number, most: number] {
  const [log2, ln] = [Math.log2(nodes), Math.log(nodes)]
  return [Math.floor(log2) + ln - 1.116, Math.ceil(log2) + ln + 2.765]
}

/**
 * What part of the sites lacks the update after one more cycle of anti-entropy, when `part` does: e^−(1−p)·p by push,
 * p² by pull, their product over p by both. Demers et al. 1987, §1.3.
 */
export function antiEntropyStep(mode: 'push' | 'pull' | 'push-pull', part: number): number {
  const pushed = mode === 'pull' ? 1 : Math.exp(-(1 - part))
  const pulled = mode === 'push' ? 1 : part
  return part * pushed * pulled
}

/** What part of all gets a message that each passes on once to `fanout` others: p = 1 − e^(−fp). Kermarrec et al. 2003. */
export function fanoutReach(fanout: number): number {
  return fixedPoint(1, (reached) => 1 - Math.exp(-fanout * reached))
}

/** The chance that really all get it: e^(−e^(−c)) for a fanout of ln n + c. Kermarrec, Massoulié and Ganesh 2003. */
export function fanoutAtomic(nodes: number, fanout: number): number {
  return Math.exp(-Math.exp(-(fanout - Math.log(nodes))))
}

/** Copies above the first that a node gets of a message that floods a connected mesh of this degree: D − 2 + 2/N, exactly. */
export function meshDuplicates(nodes: number, degree: number): number {
  return degree - 2 + 2 / nodes
}

/** Times that a message is sent there: N(D − 1) + 1. */
export function meshTransmissions(nodes: number, degree: number): number {
  return nodes * (degree - 1) + 1
}

/**
 * What part of the survivors is still in the large piece of a random overlay of this degree, if a part of the nodes
 * fails: 1 − u^D with u = f + (1 − f)·u^(D−1). None beyond f = 1 − 1/(D − 1).
 */
export function percolation(degree: number, failed: number): number {
  if (failed >= 1 - 1 / (degree - 1)) return 0
  const lost = fixedPoint(0, (u) => failed + (1 - failed) * u ** (degree - 1))
  return 1 - lost ** degree
}

/** Periods until somebody pings a member that failed: 1 / (1 − (1 − 1/(n − 1))^(n−1)), towards e/(e − 1). Das et al. 2002. */
export function swimFirstDetection(members: number): number {
  return 1 / (1 - (1 - 1 / (members - 1)) ** (members - 1))
}

/** The chance that a ping of a live member fails, and `proxies` asked to ping it fail too. Das et al. 2002, §3.1. */
export function swimFalseAlarm(loss: number, proxies: number): number {
  const passes = 1 - loss
  return (1 - passes ** 2) * (1 - passes ** 4) ** proxies
}

function fixedPoint(start: number, next: (value: number) => number): number {
  let value = start
  for (let step = 0; step < 10_000; step++) {
    const after = next(value)
    if (Math.abs(after - value) < 1e-15) return after
    value = after
  }
  return value
}
