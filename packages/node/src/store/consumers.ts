import { NodeError } from '../error.ts'
import type { PartContext, ReadCall, WriteCall } from './part.ts'

/** A named reader: where it is in the arrival sequence, over a set of topics. */
export interface Consumer {
  readonly name: string
  readonly topics: readonly string[]
  /** Everything up to this number is acknowledged. */
  readonly acked: number
  /** Numbers above it that are acknowledged too, ascending. */
  readonly ahead: readonly number[]
  /** The highest number that was handed out: what is not acknowledged below is handed out again, as a redelivery. */
  readonly handedOut: number
  /** Author time, µs: it wants nothing older. 0: it wants all. */
  readonly since: number
  /**
   * Author time, µs: what is older may have been handed out before, in a log that was lost. 0: that never happened.
   */
  readonly refilledAt: number
  /** Wall clock, µs since 1970. */
  readonly createdAt: number
}

/** A step forward of a consumer; numbers below what is known change nothing. */
export interface ConsumerMove {
  readonly name: string
  readonly acked?: number
  readonly ahead?: readonly number[]
  readonly handedOut?: number
}

/** Consumers of one node: each is a fact of a few hundred bytes, or some kilobytes while it acknowledges out of order. */
const consumersMax = 1000

/** The calls of consumers. Types, because they name what `call` takes and gives on the main side. */
export interface ConsumerCalls {
  /** Makes it unless it is there; gives what is there. Error `overloaded`. */
  readonly 'consumer.create': WriteCall<Consumer, Consumer>
  readonly 'consumer.get': ReadCall<string, Consumer | undefined>
  readonly 'consumer.list': ReadCall<undefined, readonly Consumer[]>
  /** Error `not-found`. */
  readonly 'consumer.move': WriteCall<ConsumerMove, Consumer>
  /** Puts another in the place of the one with its name. Error `not-found`. */
  readonly 'consumer.replace': WriteCall<Consumer, Consumer>
  readonly 'consumer.remove': WriteCall<string, boolean>
}

/** Fields that consumers of earlier releases lack. */
const later = { ahead: [], since: 0, refilledAt: 0 } as const

/** Keeps consumers as facts. */
export function consumerCalls({ facts }: PartContext): ConsumerCalls {
  const factName = (name: string): string => `consumer/${name}`
  const complete = (fact: unknown): Consumer => ({ ...later, ...(fact as Consumer) })
  const get = (name: string): Consumer | undefined => {
    const fact = facts.get(factName(name))
    return fact === undefined ? undefined : complete(fact)
  }
  const known = (name: string): Consumer => {
    const found = get(name)
    if (found === undefined) throw new NodeError('not-found', `there is no consumer ${name}`)
    return found
  }
  const save = (consumer: Consumer): Consumer => {
    facts.set(factName(consumer.name), consumer)
    return consumer
  }
  const list = (): readonly Consumer[] => [...facts.list('consumer/').values()].map(complete)
  return {
    'consumer.create': {
      write: (consumer) => {
        const there = get(consumer.name)
        if (there !== undefined) return there
        if (list().length >= consumersMax)
          throw new NodeError('overloaded', `there are ${consumersMax} consumers already`)
        return save(consumer)
      },
    },
    'consumer.get': { read: get },
    'consumer.list': { read: list },
    'consumer.move': {
      write: ({ name, acked = 0, ahead, handedOut = 0 }) => {
        const was = known(name)
        const moved = Math.max(was.acked, acked)
        return save({
          ...was,
          acked: moved,
          ahead: (ahead ?? was.ahead).filter((number) => number > moved),
          handedOut: Math.max(was.handedOut, handedOut, moved),
        })
      },
    },
    'consumer.replace': { write: (consumer) => save({ ...known(consumer.name), ...consumer }) },
    'consumer.remove': { write: (name) => facts.delete(factName(name)) },
  }
}
