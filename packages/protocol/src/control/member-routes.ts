import type { RouteName } from './contract.ts'
import type { Routes, Schema } from './route.ts'

const member: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 128,
  description: 'peer id, at least 6 characters of its end, or name',
}

/** Which members; also for other routes that go by members. */
const memberParams: Readonly<Record<'status' | 'tag', Schema>> = {
  status: {
    type: 'array',
    items: { type: 'string', enum: ['alive', 'suspect', 'failed', 'left'] },
    maxItems: 4,
  },
  tag: {
    type: 'array',
    items: { type: 'string', minLength: 1, maxLength: 513, description: 'KEY, KEY=VALUE or KEY=GLOB' },
    maxItems: 16,
  },
}

type MemberRouteName = Extract<RouteName, `member${string}`>

/** Routes of members: who is there, has failed, or left. */
export const memberRoutes: Routes<MemberRouteName> = {
  members: {
    method: 'GET',
    path: '/v1/members',
    summary: 'Members of the network, as this node sees them',
    params: memberParams,
    answer: 'json',
  },
  memberWatch: {
    method: 'GET',
    path: '/v1/member-changes',
    summary: 'Members that fit, then each again when its status changes',
    params: memberParams,
    answer: 'events',
  },
  member: {
    method: 'GET',
    path: '/v1/members/{member}',
    summary: 'What is known of a member',
    params: { member },
    required: ['member'],
    answer: 'json',
  },
  memberForget: {
    method: 'DELETE',
    path: '/v1/members/{member}',
    summary: 'Forget a member that failed or left, and what it said',
    params: { member },
    required: ['member'],
    answer: 'json',
  },
}
