import type { RouteName } from './contract.ts'
import type { Routes, Schema } from './route.ts'

const member: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'peer id, at least 6 characters of its end, or name',
}

type RoundTripRouteName = Extract<RouteName, 'roundTrips'>

/** The route of round trips. */
export const roundTripRoutes: Routes<RoundTripRouteName> = {
  roundTrips: {
    method: 'GET',
    path: '/v1/rtt',
    summary: 'Round trips between members, by what they say of their places; with `measure` pinged as well',
    params: {
      from: member,
      to: member,
      measure: { type: 'boolean' },
      timeout: { type: 'integer', minimum: 0, maximum: 86_400_000 },
    },
    answer: 'json',
  },
}
