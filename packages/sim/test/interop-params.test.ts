import { describe, expect, test } from 'vitest'
import { ScenarioRun } from '../src/run/index.ts'
import { isInteropParams, parseScenario, scenarioOfParams, SimError } from '../src/scenario-file/index.ts'

const only = (nodeID: number, instruction: object): object => ({ type: 'ifNodeIDEquals', nodeID, instruction })

/** As experiment.py of gossipsub-interop writes subnet-blob-msg, for few nodes. */
function subnetBlob(nodes: number, more: readonly object[] = []): { readonly script: readonly object[] } {
  const all = Array.from({ length: nodes }, (_, node) => node)
  const topicID = 'a-subnet'
  return {
    script: [
      ...all.map((node) =>
        only(node, { type: 'initGossipSub', gossipSubParams: { HeartbeatInitialDelay: 100e6 + node, Dlazy: 0 } }),
      ),
      { type: 'setTopicValidationDelay', topicID, delaySeconds: 0.005 },
      ...all.map((node) => only(node, { type: 'connect', connectTo: [(node + 1) % nodes, (node + 2) % nodes] })),
      { type: 'subscribeToTopic', topicID, partial: false },
      ...[0, 1, 2].flatMap((messageID) => [
        { type: 'waitUntil', elapsedSeconds: 120 + 12 * messageID },
        only(messageID, { type: 'publish', messageID, messageSizeBytes: 98_304, topicID }),
      ]),
      ...more,
      { type: 'waitUntil', elapsedSeconds: 174 },
    ],
  }
}

const faultOf = (value: unknown): unknown => {
  try {
    return scenarioOfParams(value, 'params')
  } catch (error) {
    if (error instanceof SimError) return [error.code, error.details.path]
    throw error
  }
}

describe('params.json of gossipsub-interop', () => {
  test('is a scenario with its connections, rules and messages, and every message reaches all', () => {
    const params = subnetBlob(8)
    expect(isInteropParams(params)).toBe(true)
    const { file, changed } = scenarioOfParams(params, 'params')
    const scenario = parseScenario(file)
    expect(scenario).toMatchObject({ name: 'params', nodes: 8, durationMs: 175_000, parts: ['gossip'] })
    expect(scenario.connections.pairs).toHaveLength(16)
    expect(scenario.mesh).toMatchObject({ d: 6, dLow: 5, dHigh: 12, dLazy: 0, floodPublish: false })
    expect(scenario.publishes).toEqual(
      [0, 1, 2].map((node) => ({ atMs: 120_000 + 12_000 * node, node, topic: 'a-subnet', bytes: 59_000 })),
    )
    expect(changed).toEqual([
      'the validation delay of 5 ms is left out',
      'messages of 98304 bytes have 59000, what one may have here',
    ])
    const run = new ScenarioRun(scenario)
    while (!run.isOver) run.advance(1000)
    expect(run.violation).toBeUndefined()
    expect(run.book.publishes.map(({ isAcknowledged }) => isAcknowledged)).toEqual([true, true, true])
    for (const { message } of run.book.publishes) expect(message?.holders).toBe(8)
  })

  test('names in Go and nanoseconds become rules of the mesh; a rule that there is not is noted', () => {
    const gossipSubParams = { D: 8, Dlo: 6, Dhi: 14, HeartbeatInterval: 700e6, PruneBackoff: 5e9, MaxIHaveLength: 10 }
    const init = { type: 'initGossipSub', gossipSubParams }
    const script = [init, only(3, { type: 'connect', connectTo: [0, 1, 2] }), { type: 'waitUntil', elapsedSeconds: 1 }]
    const { file, changed } = scenarioOfParams({ script }, 'params')
    expect(parseScenario(file).mesh).toMatchObject({ d: 8, dLow: 6, dHigh: 14, heartbeatMs: 700, pruneBackoffMs: 5000 })
    expect(changed).toEqual(['MaxIHaveLength is left out'])
  })

  test('what no scenario can say is refused, with the instruction', () => {
    const at = subnetBlob(4).script.length - 1
    const partial = { type: 'publishPartial', topicID: 'a', groupID: 1 }
    expect(faultOf(subnetBlob(4, [partial]))).toEqual(['scenario-conflict', `script[${at}]`])
    const some = only(1, { type: 'subscribeToTopic', topicID: 'b', partial: false })
    expect(faultOf(subnetBlob(4, [some]))).toEqual(['scenario-conflict', 'script'])
    const other = only(1, { type: 'initGossipSub', gossipSubParams: { Dlazy: 3 } })
    expect(faultOf(subnetBlob(4, [other]))).toEqual(['scenario-conflict', 'mesh.dLazy'])
  })

  test.each([
    [{ type: 'dance' }, 'script[0].type'],
    [{ type: 'ifNodeIDEquals', nodeID: 'one', instruction: {} }, 'script[0].nodeID'],
    [{ type: 'ifNodeIDEquals', nodeID: 1 }, 'script[0].instruction'],
    [{ type: 'connect', connectTo: [1] }, 'script[0]'],
    [{ type: 'waitUntil' }, 'script[0].elapsedSeconds'],
    ['waitUntil', 'script[0]'],
  ])('%j is refused', (instruction, path) => {
    expect(faultOf({ script: [instruction] })).toEqual(['scenario-value', path])
  })
})

test('connections that are given are checked', () => {
  const least = { name: 'least', nodes: 3, durationMs: 1000 }
  const faultIn = (connections: object): unknown => {
    try {
      return parseScenario({ ...least, connections })
    } catch (error) {
      return (error as SimError).details.path
    }
  }
  expect(faultIn({ kind: 'given' })).toBe('connections.pairs')
  expect(faultIn({ pairs: [[0, 1]] })).toBe('connections.pairs')
  expect(faultIn({ kind: 'given', pairs: [[0, 3]] })).toBe('connections.pairs[0]')
  expect(faultIn({ kind: 'given', pairs: [[1, 1]] })).toBe('connections.pairs[0]')
  const twice = [
    [0, 1],
    [1, 0],
  ]
  expect(faultIn({ kind: 'given', pairs: twice })).toBe('connections.pairs[1]')
})
