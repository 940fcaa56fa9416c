import { join } from 'node:path'
import { checkTopicName } from '@grapevine/protocol'
import { readJson, replaceFile } from './durable-file.ts'

/** Topics a home may hold. A guess: gossipsub's heartbeat walks every one each second. */
export const heldTopicsMax = 1024

const topicsFile = (home: string): string => join(home, 'topics.json')

/** The topics that a home holds, across restarts. */
export function readHeldTopics(home: string): string[] {
  const value = readJson(topicsFile(home))
  if (!Array.isArray(value)) return []
  return value.filter((name): name is string => typeof name === 'string' && checkTopicName(name).ok)
}

export function writeHeldTopics(home: string, topics: Iterable<string>): void {
  replaceFile(topicsFile(home), JSON.stringify([...topics].toSorted(), undefined, 2) + '\n')
}
