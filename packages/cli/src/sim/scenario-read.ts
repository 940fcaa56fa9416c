import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { scenarios } from '@grapevine/sim'
import {
  isInteropParams,
  parseScenario,
  scenarioOfParams,
  setField,
  SimError,
  type ScenarioFile,
} from '@grapevine/sim/scenario-file'
import { CommandError } from '../failure.ts'
import { unreadable } from '../file-error.ts'
import { note } from '../output.ts'

/** What a scenario is run with, in place of what its file says. */
export interface ScenarioChanges {
  readonly seed?: number | undefined
  readonly nodes?: number | undefined
  /** `path=value`. */
  readonly set?: readonly string[] | undefined
}

/**
 * Reads a scenario, with the file of latencies that it names; or a script of gossipsub-interop, and notes what of that is left
 * out. Errors `usage` with the path of the field.
 */
export async function readScenario(file: string, { seed, nodes, set = [] }: ScenarioChanges): Promise<ScenarioFile> {
  const changes = [
    ...set,
    ...(nodes === undefined ? [] : [`nodes=${nodes}`]),
    ...(seed === undefined ? [] : [`seed=${seed}`]),
  ]
  let value = await readJson(file).catch((error: unknown) => {
    throw withNames(error, file)
  })
  return asUsage(file, async () => {
    if (isInteropParams(value)) {
      const name = basename(file, '.json').replaceAll(/[^\w.-]/g, '-')
      const { file: scenario, changed } = scenarioOfParams(value, name.slice(0, 64))
      for (const text of changed) note(`${file}: ${text}`)
      value = scenario
    }
    for (const change of changes) {
      const at = change.indexOf('=')
      value = setField(value, change.slice(0, at), change.slice(at + 1))
    }
    const scenario = parseScenario(value)
    const { latency } = scenario.links
    if (latency.law !== 'file') return scenario
    const map = await readJson(resolve(dirname(file), latency.path))
    const put = setField(value, 'links.latency', JSON.stringify({ ...(map as object), law: 'matrix' }))
    return parseScenario(put)
  })
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw unreadable(file, error)
  })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new CommandError('usage', `${file} is not JSON: ${(error as Error).message}`)
  }
}

/** A name in place of a file may be one of those that `sim seeds` knows. */
function withNames(error: unknown, file: string): unknown {
  if (!(error instanceof CommandError) || /[./]/.test(file)) return error
  const names = scenarios.map(({ name }) => name)
  return new CommandError(
    'usage',
    error.message,
    names.includes(file)
      ? `${file} draws all it does from the seed: grapevine sim seeds ${file} -n 100`
      : `scenarios of files are in examples/scenarios; grapevine sim seeds also takes ${names.join(', ')}`,
  )
}

async function asUsage<Result>(file: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof SimError)) throw error
    throw new CommandError('usage', `${file}: ${error.message}`, 'fields of a scenario: docs/simulation.md')
  }
}
