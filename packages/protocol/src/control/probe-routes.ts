import type { RouteName } from './contract.ts'
import type { Routes } from './route.ts'

type ProbeRouteName = Extract<RouteName, 'probe'>

/** The route of probes. */
export const probeRoutes: Routes<ProbeRouteName> = {
  probe: {
    method: 'POST',
    path: '/v1/probe',
    summary: 'Try to reach members, have others try as well, and say what is likely wrong',
    params: {
      member: {
        type: 'array',
        items: {
          type: 'string',
          minLength: 1,
          maxLength: 128,
          description: 'peer id, at least 6 characters of its end, or name',
        },
        maxItems: 64,
      },
      ask: { type: 'integer', minimum: 0, maximum: 16 },
      timeout: { type: 'integer', minimum: 1000, maximum: 30_000 },
    },
    answer: 'json',
  },
}
