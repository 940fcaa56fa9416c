import { NodeError } from '../error.ts'
import type { PartContext, ReadCall, WriteCall } from './part.ts'

/** A named reader: where it is in the arrival sequence, over a set of topics. */
export interface Consumer {
  readonly name: string
  readonly topics: readonly string[]
  /** Everything up to this number is acknowledged. */
  readonly acked: number
  /** The highest number that was handed out: what is between is handed out again, marked as a redelivery. */
  readonly handedOut: number
  /** Wall clock, µs since 1970. */
  readonly createdAt: number
}

/** A step forward of a consumer; numbers below what is known change nothing. */
export interface ConsumerMove {
  readonly name: string
  readonly acked?: number
  readonly handedOut?: number
}

/** Consumers of one node: each is a fact of a few hundred bytes. */
const consumersMax = 1000

/** The calls of consumers. Types, because they name what `call` takes and gives on the main side. */
export interface ConsumerCalls {
  readonly 'consumer.create': WriteCall<Omit<Consumer, 'handedOut'>, Consumer>
  readonly 'consumer.get': ReadCall<string, Consumer | undefined>
  readonly 'consumer.list': ReadCall<undefined, readonly Consumer[]>
  readonly 'consumer.move': WriteCall<ConsumerMove, Consumer>
  readonly 'consumer.remove': WriteCall<string, boolean>
}

/** Keeps consumers as facts. */
export function consumerCalls({ facts }: PartContext): ConsumerCalls {
  const factName = (name: string): string => `consumer/${name}`
  const get = (name: string): Consumer | undefined => facts.get(factName(name)) as Consumer | undefined
  const save = (consumer: Consumer): Consumer => {
    facts.set(factName(consumer.name), consumer)
    return consumer
  }
  const list = (): readonly Consumer[] => [...facts.list('consumer/').values()] as Consumer[]
  return {
    'consumer.create': {
      write: (consumer) => {
        const known = get(consumer.name)
        if (known !== undefined) return known
        if (list().length >= consumersMax)
          throw new NodeError('overloaded', `there are ${consumersMax} consumers already`)
        return save({ ...consumer, handedOut: consumer.acked })
      },
    },
    'consumer.get': { read: get },
    'consumer.list': { read: list },
    'consumer.move': {
      write: ({ name, acked = 0, handedOut = 0 }) => {
        const known = get(name)
        if (known === undefined) throw new NodeError('not-found', `there is no consumer ${name}`)
        const moved = Math.max(known.acked, acked)
        return save({ ...known, acked: moved, handedOut: Math.max(known.handedOut, handedOut, moved) })
      },
    },
    'consumer.remove': { write: (name) => facts.delete(factName(name)) },
  }
}
