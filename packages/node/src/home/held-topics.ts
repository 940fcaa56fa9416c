import { join } from 'node:path'
import { canonicalJson, completeDefinition, type TopicDefinition } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import { readJson, replaceFile } from './durable-file.ts'

const topicsFile = (home: string): string => join(home, 'topics.json')

/** The topics that a home holds, across restarts. Error `home` if the file is damaged. */
export function readHeldTopics(home: string): TopicDefinition[] {
  const value = readJson(topicsFile(home))
  if (value === undefined) return []
  try {
    if (!Array.isArray(value)) throw new TypeError('not a list')
    return value.map((entry) => completeDefinition(typeof entry === 'string' ? { name: entry } : entry))
  } catch (error) {
    throw new NodeError(
      'home',
      `${topicsFile(home)} is damaged: ${(error as Error).message}`,
      'restore it from a copy, or delete it',
      { cause: error },
    )
  }
}

/** A topic without rules of its own stands as its name alone, so that a person can read and edit the file. */
export function writeHeldTopics(home: string, topics: readonly TopicDefinition[]): void {
  const entries = topics.map((definition) => (isPlain(definition) ? definition.name : definition))
  replaceFile(topicsFile(home), JSON.stringify(entries, undefined, 2) + '\n')
}

const isPlain = (definition: TopicDefinition): boolean =>
  canonicalJson(definition) === canonicalJson(completeDefinition({ name: definition.name }))
