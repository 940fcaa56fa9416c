/**
 * Scoring of gossip peers. The stock parameters score no topic, so bad data never costs anything (20,000 bad signatures:
 * score 0), and put more than ten peers behind one address below zero, so that any test or household of 16 falls apart.
 */

/**
 * Loopback is many nodes on one machine, not one attacker with many ids: exempt from the co-location rule. Scores of peers
 * that are gone stay for 5 minutes, in which P4 decays to 1/400: the stock hour keeps a record of every identity that a
 * stranger makes up, and says no more.
 */
export const scoreParams: { IPColocationFactorWhitelist: Set<string>; retainScore: number } = {
  IPColocationFactorWhitelist: new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']),
  retainScore: 300_000,
}

/**
 * P4 only: invalid messages count squared, so the tenth within a minute or so puts a peer below the graylist threshold
 * of −80. First deliveries (P2) and time in mesh (P1) earn a little, to tell good peers apart in eviction.
 */
export const topicScoreParams = {
  topicWeight: 1,
  timeInMeshWeight: 0.01,
  timeInMeshQuantum: 1_000,
  timeInMeshCap: 300,
  firstMessageDeliveriesWeight: 0.1,
  firstMessageDeliveriesDecay: 0.98,
  firstMessageDeliveriesCap: 50,
  meshMessageDeliveriesWeight: 0,
  meshMessageDeliveriesDecay: 0.9,
  meshMessageDeliveriesCap: 1,
  meshMessageDeliveriesThreshold: 1,
  meshMessageDeliveriesWindow: 10,
  meshMessageDeliveriesActivation: 5_000,
  meshFailurePenaltyWeight: 0,
  meshFailurePenaltyDecay: 0.9,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: 0.98,
}
