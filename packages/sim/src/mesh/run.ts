import { Draws } from '../draws.ts'
import { checkWhole } from '../epidemic/option.ts'
import type { DeliveryCount } from '../report/delivery-count.ts'
import { Rng } from '../rng.ts'
import { Attack, attackDials, sameAddress, type AttackOptions } from './attack.ts'
import { meshOfDials, randomDials, regularMesh, type Dial, type MeshGraph } from './graph.ts'
import { Mesh } from './mesh.ts'
import type { MeshNetwork, MeshRules } from './option.ts'
import type { MeshOutcome } from './outcome.ts'
import { Scores, type ScoreRules } from './score.ts'
import { MeshState } from './state.ts'

/** A mesh, and the messages that go over it. Times in ms. */
export interface MeshRunOptions {
  /** Honest nodes. */
  readonly nodes: number
  /** Others that each dials, drawn at random, so that it has about twice as many connections; or who dials whom. */
  readonly dials: number | readonly Dial[]
  readonly rules: MeshRules
  readonly network: MeshNetwork
  /** Absent: no scores. */
  readonly score?: ScoreRules | undefined
  /** Nodes that publish, by turns at random. Absent: all. */
  readonly publishers?: number | undefined
  /**
   * When each node enters the topic, in whole ms up to 60,000, and grafts those that it knows to be there by then. Absent:
   * all are there from the beginning, and graft in their first heartbeat.
   */
  readonly joinAt?: readonly number[] | undefined
  /** Before the first message that counts. */
  readonly warmMs: number
  readonly messages: number
  /** From one message to the next. */
  readonly intervalMs: number
  /** Messages of before, at the same rate, for so long; scores live on what is delivered. 0: none. */
  readonly trafficMs?: number | undefined
  /** After the last message, for announcements to do their work. */
  readonly settleMs: number
  readonly attack?: AttackOptions | undefined
}

/** What came out, and memory of all arrays in bytes. */
export interface MeshRun extends MeshOutcome {
  readonly bytes: number
}

/** Who looks on while a mesh runs. What comes out is the same. */
export interface MeshWatch {
  /** Told of each delivery of what is measured; copies are counted then, too, for 2 bytes a node and message. */
  readonly deliveries?: DeliveryCount | undefined
  /** Told after each message that is measured how many there were. */
  readonly onMessage?: ((done: number) => void) | undefined
}

/** Runs messages over a mesh that nodes form by themselves. A seed repeats a run. Throws a RangeError. */
export function runMesh(options: MeshRunOptions, seed: number, watch: MeshWatch = {}): MeshRun {
  const { nodes, publishers = nodes, attack } = options
  checkWhole('nodes', nodes, 2, 2 ** 24)
  checkWhole('publishers', publishers, 1, nodes)
  checkWhole('messages', options.messages, 1, 10_000_000)
  checkWhole('intervalMs', options.intervalMs, 1, 60_000)
  if (options.rules.heartbeatMs === 0) throw new RangeError('heartbeatMs is 0: the nodes would never form a mesh')
  const draws = new Draws(new Rng(seed))
  const { dials } = options
  const honest =
    typeof dials === 'number' ? randomDials(draws, nodes, { each: Math.min(dials, nodes - 1) }) : [...dials]
  const hostile = attack === undefined ? [] : attackDials(draws, { nodes, publishers }, attack)
  const graph = meshOfDials(nodes + (attack?.sybils ?? 0), honest.concat(hostile))
  const addresses = (): Uint16Array =>
    attack === undefined ? new Uint16Array(graph.twin.length).fill(1) : sameAddress(graph, nodes, attack.perAddress)
  const scores = options.score && new Scores(options.score, addresses())
  const { rules, network, joinAt } = options
  const state = new MeshState({ graph, rules, network, draws, scores, joinAt })
  const mesh = new Mesh(state, watch.deliveries)
  const attacker = attack && new Attack(mesh, nodes, attack)
  return drive(mesh, { ...options, publishers, onMessage: watch.onMessage }, attacker)
}

type Driven = MeshRunOptions & { readonly publishers: number } & Pick<MeshWatch, 'onMessage'>

function drive(mesh: Mesh, options: Driven, attacker: Attack | undefined): MeshRun {
  const { warmMs, messages, intervalMs, settleMs, publishers, trafficMs = 0, onMessage } = options
  const { state } = mesh
  const lastAt = warmMs + (messages - 1) * intervalMs
  const goTo = (time: number): void => {
    while (state.now < time) {
      mesh.run(Math.min(time, Math.floor(state.now / 1000) * 1000 + 1000))
      if (state.now % 1000 === 0) attacker?.step()
    }
  }
  attacker?.step()
  for (let at = warmMs - trafficMs; at < warmMs; at += intervalMs) {
    goTo(at)
    mesh.publish(state.draws.below(publishers), false)
  }
  for (let at = warmMs; at <= lastAt; at += intervalMs) {
    goTo(at)
    if (at === warmMs) mesh.startCount()
    mesh.publish(state.draws.below(publishers))
    onMessage?.((at - warmMs) / intervalMs + 1)
  }
  goTo(lastAt + settleMs)
  return { ...mesh.finish(), bytes: mesh.bytes }
}

/** Options of {@link floodMesh}. */
export interface FloodOptions {
  /** 4 or more. */
  readonly nodes: number
  /** Neighbours of each. */
  readonly degree: number
  readonly rules: MeshRules
  readonly network: MeshNetwork
  readonly messages: number
}

/**
 * Messages over a mesh that is given: random, of one degree, with every connection in it and no heartbeat. Each is sent
 * N(D − 1) + 1 times, and a node gets D − 2 + 2/N copies too many, exactly. Up to ten million nodes.
 */
export function floodMesh(options: FloodOptions, seed: number, watch: MeshWatch = {}): MeshRun {
  const { nodes, degree, rules, network, messages } = options
  const draws = new Draws(new Rng(seed))
  const graph: MeshGraph = regularMesh(draws, nodes, degree)
  const state = new MeshState({ graph, rules: { ...rules, heartbeatMs: 0 }, network, draws })
  const mesh = new Mesh(state, watch.deliveries)
  mesh.meshAll()
  for (let message = 0; message < messages; message++) {
    mesh.publish(draws.below(nodes))
    mesh.run(state.now + 60_000)
    watch.onMessage?.(message + 1)
  }
  return { ...mesh.finish(), bytes: mesh.bytes }
}
