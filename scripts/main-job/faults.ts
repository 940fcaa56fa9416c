import type { Outcome } from './relay.ts'
import type { Tally } from './tally.ts'

/** What is wrong with a run that came to its end, a line each for people; none if all is as it has to be. */
export function faultsOf(tally: Tally, { afterLoad, digests }: Outcome): string[] {
  const { load } = tally.expected
  const perNode = afterLoad.flatMap(({ loaded, repeats, counters }, index) => {
    const name = `node ${index + 1}`
    return [
      ...(loaded === load ? [] : [`${name} got ${loaded} different small messages, expected ${load}`]),
      ...(repeats === 0 ? [] : [`${name} delivered ${repeats} messages twice`]),
      ...((counters.verdicts.reject ?? 0) === 0 ? [] : [`${name} rejected ${counters.verdicts.reject} envelopes`]),
    ]
  })
  const isSame = new Set(digests).size === 1
  return [...tally.missing(), ...perNode, ...(isSame ? [] : ['the nodes hold different sets of small messages'])]
}
