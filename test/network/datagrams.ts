// node datagrams.ts echo | sink | ask HOST COUNT | send HOST COUNT BYTES: what the tests of a lab run in its nodes.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'

const port = 9_000
const [mode, host = '', count = '0', size = '1'] = process.argv.slice(2)
const socket = createSocket('udp4')

/** Round trips one after the other, in milliseconds. */
async function ask(): Promise<number[]> {
  const took: number[] = []
  for (let at = 0; at < Number(count); at++) {
    const start = performance.now()
    socket.send(String(at), port, host)
    await once(socket, 'message')
    took.push(performance.now() - start)
  }
  return took
}

const send = (): Promise<unknown> =>
  new Promise((resolve) => socket.send(Buffer.alloc(Number(size)), port, host, resolve))

if (mode === 'echo' || mode === 'sink') {
  if (mode === 'echo') socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address))
  socket.bind(port, () => console.log('ready'))
} else {
  if (mode === 'ask') console.log(JSON.stringify(await ask()))
  else for (let at = 0; at < Number(count); at++) await send()
  socket.close()
}
