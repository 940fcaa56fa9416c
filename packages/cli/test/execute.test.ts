import type { MessageView } from '@grapevine/protocol/control'
import { expect, test } from 'vitest'
import { Executor } from '../src/execute.ts'

const message: MessageView = {
  id: 'ab',
  topic: 't',
  from: 'p',
  epoch: 1,
  seq: 1,
  time: '1970-01-01T00:00:00.000Z',
  size: 1,
  via: 'live',
}

/** Which messages are over, and how, once commands have ended. */
async function endsOf(command: string, body: Uint8Array | undefined): Promise<{ ends: boolean[]; failed: number }> {
  const ends: boolean[] = []
  const onEnd = (_: MessageView, isDone: boolean): void => void ends.push(isDone)
  const executor = new Executor({ command, jobs: 1, env: process.env, onEnd })
  await executor.take(message, () => Promise.resolve(body))
  await executor.finish()
  return { ends, failed: executor.failed }
}

test('a command runs with the body as its input, and its exit code counts', async () => {
  expect(await endsOf('test "$(cat)" = right', Buffer.from('right'))).toEqual({ ends: [true], failed: 0 })
  expect(await endsOf('test "$(cat)" = right || exit 3', Buffer.from('wrong'))).toEqual({ ends: [false], failed: 1 })
})

test('what is gone runs no command, and is over', async () => {
  expect(await endsOf('exit 1', undefined)).toEqual({ ends: [true], failed: 0 })
})
