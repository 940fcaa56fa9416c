import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { MemberEvents } from '../src/member-events.ts'
import { parseTrigger, readRules } from '../src/on-rule.ts'

test.each([
  ['member-failed', { type: 'member', event: 'member-failed' }],
  ['member-*', { type: 'member', event: undefined }],
  ['state:role', { type: 'state', key: 'role', value: undefined }],
  ['state:ro*', { type: 'state', key: 'ro*', value: undefined }],
  ['state:role=re*', { type: 'state', key: 'role', value: 're*' }],
  ['state:note=a=b:c', { type: 'state', key: 'note', value: 'a=b:c' }],
  ['topic:a/b', { type: 'topic', topic: 'a/b' }],
  ['query:load', { type: 'query', name: 'load' }],
])('%s is a rule', (text, trigger) => {
  expect(parseTrigger(text)).toEqual(trigger)
})

test.each([
  '',
  'member-dead',
  'member',
  'state:',
  'state:=x',
  'topic:',
  'topic:a b',
  'topic:a*',
  'query',
  'query:',
  'x:y',
])('%j is none', (text) => {
  expect(() => parseTrigger(text)).toThrow(expect.objectContaining({ code: 'usage' }))
})

test('what happens to members is told once, and as people see it', () => {
  const events = new MemberEvents([{ peerId: 'old', status: 'alive' }])
  const told = (peerId: string, ...statuses: readonly ('alive' | 'suspect' | 'failed' | 'left')[]): unknown[] =>
    statuses.map((status) => {
      const { event, before } = events.take({ peerId, status }) ?? {}
      return event === undefined ? undefined : `${event}, was ${before}`
    })
  expect(told('old', 'alive', 'suspect', 'alive', 'suspect', 'failed')).toEqual([
    undefined,
    'member-suspect, was alive',
    undefined,
    'member-suspect, was alive',
    'member-failed, was suspect',
  ])
  // On its way back it may be called suspect.
  expect(told('old', 'suspect', 'alive', 'left', 'alive')).toEqual([
    undefined,
    'member-joined, was failed',
    'member-left, was alive',
    'member-joined, was left',
  ])
  expect(told('new', 'alive', 'failed')).toEqual(['member-joined, was undefined', 'member-failed, was alive'])
  expect(events.take({ peerId: 'third', status: 'alive', before: 'suspect' })).toBeUndefined()
})

test('a file has rules with their commands, and faults are told with their lines', () => {
  const folder = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'rules')
  writeFileSync(
    file,
    '# of nodes\n\nmember-failed,member-left  echo "gone: $GRAPEVINE_MEMBER" # really\n\tquery:load uptime\n',
  )
  expect(readRules(file)).toEqual([
    {
      text: 'member-failed',
      trigger: parseTrigger('member-failed'),
      command: 'echo "gone: $GRAPEVINE_MEMBER" # really',
    },
    { text: 'member-left', trigger: parseTrigger('member-left'), command: 'echo "gone: $GRAPEVINE_MEMBER" # really' },
    { text: 'query:load', trigger: parseTrigger('query:load'), command: 'uptime' },
  ])
  for (const line of ['query:load', 'nothing echo']) {
    writeFileSync(file, `\n${line}`)
    expect(() => readRules(file)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(':2:') }),
    )
  }
  expect(() => readRules(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'usage' }))
})
