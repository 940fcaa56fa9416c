import type { Action, Event } from '@grapevine/protocol'
import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { runScenario, scenarios, type GossipResult, type MachineLike, type Scenario } from '../src/index.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')

type Change = (actions: readonly Action[], event: Event) => readonly Action[]

/** A machine whose actions pass through `change`, made anew for each life. */
function wrapWith(makeChange: () => Change): (machine: MachineLike) => MachineLike {
  return (machine) => {
    const change = makeChange()
    return {
      get nextWakeup() {
        return machine.nextWakeup
      },
      handle: (event, now) => change(machine.handle(event, now), event),
      why: (id) => machine.why(id),
      snapshot: () => machine.snapshot(),
    }
  }
}

/** The first violation that a broken machine causes within a few seeds. */
function caught(name: Scenario['name'], makeChange: () => Change): GossipResult['violation'] {
  const scenario = scenarios.find((known) => known.name === name)!
  for (let seed = 1; seed <= 30; seed++) {
    const { violation } = runScenario(scenario, seed, { sha256, wrap: wrapWith(makeChange) })
    if (violation !== undefined) return violation
  }
  return undefined
}

const keep: Change = (actions) => actions

describe('the invariants catch a machine that', () => {
  test('is sound: nothing', () => {
    expect(caught('calm', () => keep)).toBeUndefined()
  })

  test('delivers again what it delivered before', () => {
    const makeChange = (): Change => {
      const delivered: Action[] = []
      return (actions, event) => {
        delivered.push(...actions.filter(({ type }) => type === 'deliver'))
        return event.type === 'copied' && delivered.length > 0 ? [...actions, delivered.at(-1)!] : actions
      }
    }
    expect(caught('disorder', makeChange)?.invariant).toBe('once')
  })

  test('forgets one delivery in ten', () => {
    const makeChange = (): Change => {
      let count = 0
      return (actions) => actions.filter(({ type }) => type !== 'deliver' || ++count % 10 > 0)
    }
    expect(caught('calm', makeChange)?.invariant).toBe('reach')
  })

  test('ignores what it should forward', () => {
    const makeChange = (): Change => (actions) =>
      actions.map((action) =>
        action.type === 'verdict' ? { ...action, decision: { verdict: 'ignore', reason: 'duplicate' } } : action,
      )
    expect(caught('partition', makeChange)?.invariant).toBe('reach')
  })

  test('rejects what an honest host forwarded', () => {
    const makeChange = (): Change => (actions) =>
      actions.map((action) =>
        action.type === 'verdict' && action.decision.reason === 'duplicate'
          ? { ...action, decision: { verdict: 'reject', reason: 'bad-signature' } }
          : action,
      )
    expect(caught('chaos', makeChange)?.invariant).toBe('honest-reject')
  })

  test('believes every signature', () => {
    const scenario = scenarios.find(({ name }) => name === 'hostile')!
    const wrap = (machine: MachineLike): MachineLike => ({
      get nextWakeup() {
        return machine.nextWakeup
      },
      handle: (event, now) => machine.handle(event.type === 'verified' ? { ...event, valid: true } : event, now),
      why: (id) => machine.why(id),
      snapshot: () => machine.snapshot(),
    })
    const isCaught = Array.from({ length: 20 }, (_, seed) => seed).some(
      (seed) => runScenario(scenario, seed, { sha256, wrap }).violation?.invariant === 'authentic',
    )
    expect(isCaught).toBe(true)
  })

  test('leaves a publish without answer, or answers twice', () => {
    const without = (): Change => (actions) => actions.filter(({ type }) => type !== 'published')
    expect(caught('calm', without)?.invariant).toBe('answer')
    const twice = (): Change => (actions) =>
      actions.flatMap((one) => Array<Action>(one.type === 'published' ? 2 : 1).fill(one))
    expect(caught('calm', twice)?.invariant).toBe('answer')
  })

  test('changes what it delivers', () => {
    const makeChange = (): Change => (actions) =>
      actions.map((action) =>
        action.type === 'deliver'
          ? { ...action, messages: action.messages.map((message) => ({ ...message, sequence: message.sequence + 1 })) }
          : action,
      )
    expect(caught('calm', makeChange)?.invariant).toBe('authentic')
  })
})
