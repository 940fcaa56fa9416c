import { expect, test } from 'vitest'
import { dialFirst } from '../../src/peer/dial-first.ts'

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

const silent = ['1', '2', '3', '4', '5', '6', '7']

test('seven addresses that swallow packets delay the eighth by less than two seconds and a half', async () => {
  const failures: string[] = []
  const ended: string[] = []
  const start = performance.now()
  const won = await dialFirst([...silent, 'good'], {
    dial: (address, signal) => {
      signal.addEventListener('abort', () => ended.push(address))
      return address === 'good' ? Promise.resolve(`to ${address}`) : never(signal)
    },
    drop: () => undefined,
    onFailure: (address) => failures.push(address),
  })
  expect(won).toEqual({ address: 'good', link: 'to good' })
  expect(performance.now() - start).toBeLessThan(2_500)
  // They were not wrong, only slower.
  expect(failures).toEqual([])
  expect(ended).toEqual(silent)
})

test('after a refusal the next address is tried at once, and the last error is told', async () => {
  const failures: string[] = []
  const start = performance.now()
  const dial = (address: string): Promise<string> => Promise.reject(new Error(`no ${address}`))
  const tried = dialFirst(['1', '2', '3'], {
    dial,
    drop: () => undefined,
    onFailure: (address) => failures.push(address),
  })
  await expect(tried).rejects.toThrow('no 3')
  expect(failures).toEqual(['1', '2', '3'])
  expect(performance.now() - start).toBeLessThan(200)
})

test('a link that comes after the first is dropped', async () => {
  const dropped: string[] = []
  const late = Promise.withResolvers<string>()
  const { address } = await dialFirst(['slow', 'fast'], {
    dial: (one) => (one === 'slow' ? late.promise : Promise.resolve('fast link')),
    drop: (link) => dropped.push(link),
    onFailure: () => undefined,
  })
  late.resolve('slow link')
  await late.promise
  await Promise.resolve()
  expect({ address, dropped }).toEqual({ address: 'fast', dropped: ['slow link'] })
})

test('giving up counts as no failure of an address', async () => {
  const failures: string[] = []
  const control = new AbortController()
  const tried = dialFirst(['1', '2'], {
    dial: (_, signal) => never(signal),
    drop: () => undefined,
    onFailure: (address) => failures.push(address),
    signal: control.signal,
  })
  control.abort(new Error('enough'))
  await expect(tried).rejects.toThrow('enough')
  expect(failures).toEqual([])
})
