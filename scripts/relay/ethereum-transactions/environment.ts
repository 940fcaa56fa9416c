import type { EthereumRelayOptions } from './relay.ts'

/**
 * Options as environment variables say them: ETHEREUM_CHAIN_ID, ETHEREUM_RPC_PORT (or `off`), ETHEREUM_TIP_MIN in wei, ETHEREUM_POOL_SLOTS,
 * ETHEREUM_RATE in transactions a second of one author. Throws RangeError naming what was expected.
 */
export function optionsFrom(env: Readonly<Record<string, string | undefined>>): EthereumRelayOptions {
  const number = (name: string, min: number, max: number): number | undefined => {
    const text = env[name]
    if (text === undefined || text === '') return undefined
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= min && value <= max) return value
    throw new RangeError(`${name}: expected a whole number from ${min} to ${max}, got ${text.slice(0, 40)}`)
  }
  const chainId = number('ETHEREUM_CHAIN_ID', 1, Number.MAX_SAFE_INTEGER)
  const port = env['ETHEREUM_RPC_PORT'] === 'off' ? false : number('ETHEREUM_RPC_PORT', 0, 65_535)
  const tipMin = number('ETHEREUM_TIP_MIN', 0, Number.MAX_SAFE_INTEGER)
  const readySlotsMax = number('ETHEREUM_POOL_SLOTS', 1, 1_000_000)
  const authorRateMax = number('ETHEREUM_RATE', 1, 1_000_000)
  return {
    ...(chainId !== undefined && { rules: { chainId: BigInt(chainId) } }),
    ...(port !== undefined && { port }),
    pool: {
      ...(tipMin !== undefined && { tipMin: BigInt(tipMin) }),
      ...(readySlotsMax !== undefined && { readySlotsMax }),
    },
    ...(authorRateMax !== undefined && { definition: { authorRateMax } }),
  }
}
