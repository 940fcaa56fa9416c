import { setTimeout as delay } from 'node:timers/promises'
import { completeDefinition, definitionHash, toHex } from '@grapevine/protocol'
import { type Context, homeOf } from '../context.ts'
import { CommandError } from '../failure.ts'
import { note, print, printJson, suggest } from '../output.ts'
import { safe } from '../safe.ts'
import { table } from '../table.ts'
import { relayScreen, stateText } from './line.ts'
import { loadRelay } from './load.ts'

/** How long a relay may take to stop, in ms. */
const stopMsMax = 10_000

/** `relay ls`. */
export async function showRelays(context: Context): Promise<void> {
  const { listRelays } = await import('@grapevine/node/relay/run')
  const views = await listRelays(await homeOf(context))
  if (context.json) return printJson(views)
  for (const line of table(
    views.map(({ relay, state, pid, file }) => [safe(relay), stateText(state), String(pid ?? ''), safe(file)]),
  ))
    await print(line)
  if (views.length === 0) note('no relays')
  if (views.length === 0) suggest(`none yet; start one with: ${context.self} relay run FILE.ts`)
}

/** `relay status NAME`. Error `not-found`. */
export async function showRelay(name: string, context: Context): Promise<void> {
  const { readRelay } = await import('@grapevine/node/relay/run')
  const view = await readRelay(await homeOf(context), name)
  await (context.json ? printJson(view) : print(relayScreen(view)))
}

/** `relay stop NAME`: returns when the process is gone. Errors `not-found`, `timeout`. */
export async function stopRelay(name: string, context: Context): Promise<void> {
  const { readRelay } = await import('@grapevine/node/relay/run')
  const home = await homeOf(context)
  const { pid } = await readRelay(home, name)
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM')
    const deadline = performance.now() + stopMsMax
    while ((await readRelay(home, name)).pid === pid) {
      if (performance.now() > deadline) {
        const text = `process ${pid} was asked to stop, but is still there`
        throw new CommandError('timeout', text, `end it with: kill -9 ${pid}`)
      }
      await delay(20)
    }
  }
  if (context.json) return printJson({ relay: name, ...(pid !== undefined && { pid }) })
  note(pid === undefined ? `relay ${name} was not running` : `relay ${name} has stopped (process ${pid})`)
}

/** `relay check FILE`: loads the script and says what it would do, without a node. */
export async function checkRelay(file: string, context: Context): Promise<void> {
  const { relay } = await loadRelay(file)
  const { definitionOf } = await import('@grapevine/node/relay')
  const topics = relay.topics.map((topic) => {
    const definition = completeDefinition(definitionOf(topic))
    const hooks = (['decode', 'validate', 'dependencies', 'onAccept'] as const).filter(
      (hook) => topic[hook] !== undefined,
    )
    return { topic: topic.name, hash: toHex(definitionHash(definition)), hooks, definition }
  })
  if (context.json) return printJson({ relay: relay.name, topics, timers: relay.timers?.length ?? 0 })
  await print(`relay ${relay.name} is well-formed`)
  for (const line of table(topics.map(({ topic, hash, hooks }) => [topic, `${hash.slice(0, 16)}…`, hooks.join(', ')])))
    await print(line)
}
