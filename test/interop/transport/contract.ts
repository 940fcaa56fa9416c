/** What a participant of libp2p's transport tests is told, in its environment, and how it answers. */
export interface Part {
  readonly isDialer: boolean
  /** `HOST:PORT` of the redis in which the listener leaves its address. */
  readonly redis: string
  /** The list with the address. */
  readonly key: string
  readonly listenIp: string
  /** After which it gives up, with an exit code that is not 0. */
  readonly timeoutMs: number
  /** The line or lines of a dialer on stdout; times in ms. */
  readonly report: (times: { readonly handshakePlusOneRtt: number; readonly ping: number }) => string
}

/** What our host speaks. */
const spoken = { transport: 'tcp', security: 'noise', muxer: 'yamux' }

/**
 * Reads either of the two contracts: github.com/libp2p/unified-testing where there is a TEST_KEY, and before it
 * github.com/libp2p/test-plans, transport-interop. Throws where a stack is asked for that our host does not speak.
 */
export function partOf(env: NodeJS.ProcessEnv): Part {
  const isModern = env['TEST_KEY'] !== undefined
  const name = (legacy: string, modern = legacy.toUpperCase()): string | undefined => env[isModern ? modern : legacy]
  const wanted = { transport: name('transport'), security: name('security', 'SECURE_CHANNEL'), muxer: name('muxer') }
  for (const [layer, protocol] of Object.entries(spoken)) {
    const asked = wanted[layer as keyof typeof wanted]
    if (asked !== protocol) throw new Error(`our host has ${layer} ${protocol}, not ${asked}`)
  }
  const shared = {
    isDialer: name('is_dialer') === 'true',
    listenIp: name('ip', 'LISTENER_IP') ?? '0.0.0.0',
    timeoutMs: Number(env['test_timeout_seconds'] ?? env['TEST_TIMEOUT_SECS'] ?? 180) * 1_000,
  }
  if (!isModern) {
    return {
      ...shared,
      redis: env['redis_addr'] ?? 'redis:6379',
      key: 'listenerAddr',
      report: ({ handshakePlusOneRtt, ping }) =>
        // Three times l: the contract's own spelling.
        JSON.stringify({ handshakePlusOneRTTMillis: handshakePlusOneRtt, pingRTTMilllis: ping }),
    }
  }
  return {
    ...shared,
    redis: env['REDIS_ADDR'] ?? 'transport-redis:6379',
    key: `${env['TEST_KEY']}_listener_multiaddr`,
    report: ({ handshakePlusOneRtt, ping }) =>
      ['latency:', `  handshake_plus_one_rtt: ${handshakePlusOneRtt}`, `  ping_rtt: ${ping}`, '  unit: ms'].join('\n'),
  }
}
