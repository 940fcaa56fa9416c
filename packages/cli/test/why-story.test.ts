import type { WhyView } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import { whyStory } from '../src/why-story.ts'

const self = '12D3KooWSelf111111'
const peer = '12D3KooWPeerQm7xKd'

const at = (ms: number): string => new Date(1_790_000_000_000 + ms).toISOString()

const view: WhyView = {
  id: `3fa9c1${'0'.repeat(54)}e07a`,
  topic: 'chat',
  gossipId: 'f'.repeat(64),
  author: peer,
  epoch: 1,
  seq: 4,
  time: at(0),
  self,
  steps: [
    { at: at(5), what: 'received', peer },
    { at: at(6), what: 'verified' },
    { at: at(7), what: 'verdict', verdict: 'reject', reason: 'bad-schema', detail: 'no\x1b[2J' },
    { at: at(250), what: 'copy', peer: '12D3KooWOther\u202eabcde' },
    { at: at(260), what: 'sent', peer: self },
  ],
  stepsDropped: 2,
  copies: 1,
}

test('the story names every step with its time, peer and reason, and nothing raw from a peer', () => {
  expect(whyStory(view)).toBe(
    [
      `message 3fa9c1…e07a in chat, by …Qm7xKd, number 4, written ${at(0)}`,
      '   +0 ms  received  from …Qm7xKd',
      "   +1 ms  verified  the signature is its author's",
      String.raw`   +2 ms  reject    bad-schema (a message does not match the topic schema): no\e[2J`,
      String.raw`  +0.2 s  copy      again from …\u{202e}abcde`,
      '  +0.3 s  sent      to this node (…111111)',
      'and 2 more steps that the journal did not keep',
      'came again 1 time; passed on to 1 peer',
    ].join('\n'),
  )
})

test('a message that only its id is known of still has a story', () => {
  const { author: _a, epoch: _e, seq: _s, time: _t, ...rest } = view
  expect(whyStory({ ...rest, steps: [], stepsDropped: 0, copies: 0 })).toBe(
    'message 3fa9c1…e07a in chat\ncame again 0 times; passed on to 0 peers',
  )
})

test('a message that waits for its body says from whom, and how far it is', () => {
  const body = { size: 8_000_000, have: 3, of: 31, from: [peer, '12D3KooWOtherabcdef'] }
  expect(whyStory({ ...view, body })).toContain('waiting for its body from …Qm7xKd and …abcdef (3 of 31 chunks)')
  expect(whyStory({ ...view, body: { ...body, from: [] } })).toContain(
    '(3 of 31 chunks): nobody is left to ask just now',
  )
})

test('a message that its author contradicts is told so', () => {
  const story = whyStory({ ...view, evidence: ['397673ed496f2ec6'.repeat(4)] })
  expect(story).toContain('its author signed another message as this number: evidence 397673ed496f')
})
