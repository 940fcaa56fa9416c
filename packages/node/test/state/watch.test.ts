import { expect, test } from 'vitest'
import type { SharedChange, StateChange, Watch } from '../../src/cluster/state-api.ts'
import { StateNet } from './state-net.ts'

/** The next items, as short texts. */
async function take<Change extends object>(
  items: AsyncIterator<Change | { ready: { present: number } } | { gap: object }>,
  count: number,
  show: (change: Change) => string,
): Promise<string[]> {
  const seen: string[] = []
  while (seen.length < count) {
    const { value, done } = await items.next()
    if (done === true) return [...seen, 'end']
    const item = value
    seen.push('ready' in item ? `ready ${item.ready.present}` : 'gap' in item ? 'gap' : show(item))
  }
  return seen
}

const show = ({ key, value, present }: StateChange): string =>
  `${present ? 'present ' : ''}${key} ${value === undefined ? 'gone' : Buffer.from(value).toString()}`

const open = (watch: Watch<StateChange>): ReturnType<Watch<StateChange>[typeof Symbol.asyncIterator]> =>
  watch[Symbol.asyncIterator]()

test('a watch begins with what is there, and then sees each change once', async () => {
  const net = new StateNet()
  const [a, b] = [net.start('a'), net.start('b')]
  await a.state.set('x', '1')
  net.meet('a', 'b')
  const items = open(b.state.watch())
  expect(await take(items, 2, show)).toEqual(['present x 1', 'ready 1'])
  await a.state.set('x', '2')
  await a.state.set('y', '1')
  net.meet('a', 'b')
  await a.state.remove('x')
  await b.state.set('own', '1')
  net.meet('a', 'b')
  expect(await take(items, 4, show)).toEqual(['x 2', 'y 1', 'own 1', 'x gone'])
  b.state.close()
  expect(await take(items, 1, show)).toEqual(['end'])
})

test('a node that starts again and says what it said before changes nothing', async () => {
  const net = new StateNet()
  const [a, b] = [net.start('a'), net.start('b')]
  await a.state.write([
    { key: 'x', value: '1' },
    { key: 'y', value: '1' },
  ])
  net.meet('a', 'b')
  const items = open(b.state.watch({ new: true }))
  await take(items, 1, show)
  const again = net.start(
    'a',
    [...a.replica.owners()].map(({ state }) => state),
  )
  net.meet('a', 'b')
  expect(b.state.get('y', 'a')).toMatchObject({ epoch: again.state.epoch })
  await again.state.set('y', '2')
  net.meet('a', 'b')
  expect(await take(items, 1, show)).toEqual(['y 2'])
  // Without what it had on disk.
  net.start('a')
  net.meet('a', 'b')
  expect(await take(items, 2, show)).toEqual(['x gone', 'y gone'])
})

test('a watch can be of one node, of some keys, and of changes only; shared keys are none of them', async () => {
  const net = new StateNet()
  const [a, b] = [net.start('a'), net.start('b')]
  await a.state.set('role', 'x')
  net.meet('a', 'b')
  const items = open(b.state.watch({ of: 'a', match: ['ro*', 'zone'], new: true }))
  expect(await take(items, 1, show)).toEqual(['ready 0'])
  await b.state.set('role', 'of b')
  await a.state.counter.add('role')
  await a.state.write([
    { key: 'role', value: 'y' },
    { key: 'other', value: '1' },
    { key: 'zone', value: 'eu' },
  ])
  net.meet('a', 'b')
  expect(await take(items, 2, show)).toEqual(['role y', 'zone eu'])
})

test('a watch that was away goes on behind its cursor; in another life, or too late, there is a gap and all anew', async () => {
  const net = new StateNet()
  const { state } = net.start('a')
  await state.set('x', '0')
  const first = state.watch()
  const items = open(first)
  await take(items, 2, show)
  await state.set('x', '1')
  await take(items, 1, show)
  first.close()
  const { cursor } = first
  await state.set('x', '2')
  await state.set('y', '1')
  expect(await take(open(state.watch({ after: cursor })), 3, show)).toEqual(['ready 0', 'x 2', 'y 1'])
  for (const after of ['nonsense', '9-1', `1-${10 ** 14}`, '0-0'])
    expect(await take(open(state.watch({ after })), 4, show)).toEqual(['gap', 'present x 2', 'present y 1', 'ready 2'])
  // More than is kept for who does not read.
  const slow = open(state.watch({ new: true }))
  await take(slow, 1, show)
  for (let index = 0; index < 200; index++) await state.set('x', `${index}`.padEnd(60_000))
  await state.set('x', 'end')
  expect(await take(slow, 4, show)).toEqual(['gap', 'present x end', 'present y 1', 'ready 2'])
})

test('a watch of shared keys sees each that becomes another, and nothing where only a part does', async () => {
  const net = new StateNet()
  const [a, b] = [net.start('a'), net.start('b')]
  await a.state.counter.add('hits', 2)
  net.meet('a', 'b')
  const items = b.state.watchShared()[Symbol.asyncIterator]()
  const shown = (count: number): Promise<string[]> =>
    take<SharedChange>(
      items,
      count,
      ({ key, count: sum, value, elements }) => `${key} ${String(sum ?? value ?? elements?.length ?? 'gone')}`,
    )
  expect(await shown(2)).toEqual(['hits 2', 'ready 1'])
  await a.state.counter.add('hits', 1)
  await b.state.set('own', '1')
  await a.state.group.add('jobs', 'x')
  net.meet('a', 'b')
  expect(await shown(2)).toEqual(['hits 3', 'jobs 1'])
  await b.state.group.add('jobs', 'x')
  await a.state.counter.add('hits', 1)
  await b.state.counter.add('hits', -1)
  await b.state.shared.set('leader', Uint8Array.of(7))
  expect(await shown(2)).toEqual(['hits 2', 'leader 7'])
  net.meet('a', 'b')
  await a.state.shared.remove('leader')
  net.meet('a', 'b')
  expect(await shown(2)).toEqual(['hits 3', 'leader gone'])
})
