// node --conditions=@grapevine/source runner.ts --params FILE: one node of gossipsub-interop (github.com/libp2p/test-plans).
// Its number is in its host name, `node0`, `node1` …; stdout has JSON lines only, stderr the rest. Exits with 0 when the
// script is played.
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { parseArgs } from 'node:util'
import { isPartial, type Params } from './instruction.ts'
import { Player } from './player.ts'

const { params } = parseArgs({ options: { params: { type: 'string' } } }).values
const node = /^node(\d+)$/.exec(hostname())?.[1]
if (params === undefined || node === undefined) {
  console.error('usage: runner.ts --params FILE, on a host that is called node0, node1 …')
  process.exit(2)
}
const { script } = JSON.parse(readFileSync(params, 'utf8')) as Params
const say = (msg: string, fields: object): void =>
  console.log(JSON.stringify({ time: new Date().toISOString(), level: 'INFO', msg, service: 'gossipsub', ...fields }))
const player = new Player(Number(node), { say, hasPartial: script.some(isPartial) })
for (const instruction of script) await player.play(instruction)
await player.stop()
