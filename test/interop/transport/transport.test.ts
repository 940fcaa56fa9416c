import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Lab, labMissing } from '@grapevine/node/lab'
import { buildGoPeer } from '../go-peer.ts'
import { partOf } from './contract.ts'
import type { Program as Found } from '../../debian-program.ts'
import { findRedisServer } from './redis-server.ts'

const participant = fileURLToPath(new URL('./participant.ts', import.meta.url))

const noLab = await labMissing()
const server: Found = noLab === undefined ? await findRedisServer() : { missing: noLab }
const go = 'missing' in server ? server : await buildGoPeer()
if ('missing' in server) console.log(`transport-interop is skipped: ${server.missing}`)
else if ('missing' in go) console.log(`transport-interop with go-libp2p is skipped: ${go.missing}`)

const programs = {
  ours: [process.execPath, '--conditions=@grapevine/source', participant],
  Go: ['command' in go ? go.command : '', 'transport-interop'],
}
type Program = keyof typeof programs

/** One way, between any two nodes. */
const delayMs = 20
const [redisNode, listenerNode, dialerNode] = [0, 1, 2]

const stack = { transport: 'tcp', security: 'noise', muxer: 'yamux', test_timeout_seconds: '20' }

/** By contract: the environment, and how to read a dialer's stdout. `redis` and `transport-redis` are the contracts' defaults. */
const contracts = {
  'transport-interop': {
    env: (isDialer: boolean) => ({ ...stack, is_dialer: String(isDialer), ip: '0.0.0.0' }),
    read: (stdout: string) => {
      const { handshakePlusOneRTTMillis, pingRTTMilllis } = JSON.parse(stdout) as Record<string, number>
      return [handshakePlusOneRTTMillis!, pingRTTMilllis!] as const
    },
  },
  'unified-testing': {
    env: (isDialer: boolean, key: string) => ({
      IS_DIALER: String(isDialer),
      REDIS_ADDR: 'redis:6379',
      TEST_KEY: key,
      TRANSPORT: stack.transport,
      SECURE_CHANNEL: stack.security,
      MUXER: stack.muxer,
      LISTENER_IP: '0.0.0.0',
      TEST_TIMEOUT_SECS: stack.test_timeout_seconds,
      DEBUG: 'false',
    }),
    read: (stdout: string) => {
      const found = /^latency:\n {2}handshake_plus_one_rtt: ([\d.]+)\n {2}ping_rtt: ([\d.]+)\n {2}unit: ms\n$/.exec(
        stdout,
      )
      return [Number(found?.[1]), Number(found?.[2])] as const
    },
  },
}

describe.skipIf('missing' in server)('a connection of TCP, Noise and yamux, and a ping', { timeout: 300_000 }, () => {
  let lab: Lab
  beforeAll(async () => {
    lab = await Lab.open([{ name: 'redis' }, { name: 'listener' }, { name: 'dialer' }])
    await lab.link({ delayMs })
    if ('missing' in server) return
    const redis = lab.spawn(redisNode, server.command, ['--bind', '0.0.0.0', '--protected-mode', 'no', '--save', ''], {
      env: { ...process.env, ...server.env },
      stdio: 'ignore',
    })
    await once(redis, 'spawn')
  })
  afterAll(() => lab?.close())

  const start = (node: number, program: Program, env: NodeJS.ProcessEnv): ChildProcess => {
    const [command, ...args] = programs[program]
    return lab.spawn(node, command!, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  describe.each(Object.entries(contracts))('as %s says', (name, { env, read }) => {
    const withGo: readonly [Program, Program][] = [
      ['ours', 'Go'],
      ['Go', 'ours'],
    ]
    const pairs: readonly [Program, Program][] = [['ours', 'ours'], ...('missing' in go ? [] : withGo)]
    test.each(pairs)('%s dials, %s listens', async (dialer, listener) => {
      const key = Buffer.from(`${name} ${dialer} ${listener}`).toString('hex').slice(-8)
      const listening = start(listenerNode, listener, env(false, key))
      const dialing = start(dialerNode, dialer, env(true, key))
      const end = once(dialing, 'exit')
      const [stdout, stderr] = await Promise.all([text(dialing.stdout!), text(dialing.stderr!)])
      const [code] = (await end) as [number | null]
      if (code !== 0) throw new Error(`the dialer ended with ${code}: ${stderr}`)
      expect(listening.exitCode).toBe(null)
      listening.kill()
      const [handshakePlusOneRtt, ping] = read(stdout)
      expect(ping).toBeGreaterThanOrEqual(2 * delayMs)
      // TCP, the choice of Noise, Noise, and the ping take a round trip each at least.
      expect(handshakePlusOneRtt).toBeGreaterThanOrEqual(4 * 2 * delayMs)
    })
  })
})

test('a stack that our host does not speak is refused', () => {
  expect(() => partOf({ ...stack, transport: 'quic-v1' })).toThrow('our host has transport tcp, not quic-v1')
  expect(() => partOf({ TEST_KEY: '0', TRANSPORT: 'tcp', SECURE_CHANNEL: 'tls', MUXER: 'yamux' })).toThrow(
    'our host has security noise, not tls',
  )
})
