import { createNode } from '../../src/create-node.ts'

/**
 * A node in a process of its own, so that its memory can be measured: run with --expose-gc. On each line of input it
 * collects garbage and prints its memory in bytes and its counts of verdicts.
 */
const node = await createNode({
  home: process.argv[2]!,
  network: 'flood',
  listen: ['/ip4/127.0.0.1/tcp/0'],
  control: false,
})
await node.hold('t')
console.log(JSON.stringify({ address: node.addresses()[0], network: node.network().id, peerId: node.peerId }))
process.stdin.on('data', () => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  const { reasons } = node.status().counters
  console.log(JSON.stringify({ rss, heapUsed, arrayBuffers, reasons }))
})
process.stdin.on('end', () => void node.stop())
