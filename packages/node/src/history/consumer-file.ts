import { join } from 'node:path'
import { readJson, replaceFile } from '../home/durable-file.ts'
import type { Consumer } from '../store/consumers.ts'

/** What is remembered of a consumer beside the store, for the day on which the store is lost. */
export type SavedConsumer = Pick<Consumer, 'name' | 'topics' | 'since' | 'createdAt'>

const consumersFile = (home: string): string => join(home, 'consumers.json')

/** The consumers that a home had; none if the file is missing or not what we write: the store knows better. */
export function readConsumers(home: string): readonly SavedConsumer[] {
  let value: unknown
  try {
    value = readJson(consumersFile(home))
  } catch {
    return []
  }
  return Array.isArray(value) ? value.filter(isSaved) : []
}

/** Errors `disk`, `home`. */
export function writeConsumers(home: string, consumers: readonly SavedConsumer[]): void {
  const saved = consumers.map(({ name, topics, since, createdAt }) => ({ name, topics, since, createdAt }))
  replaceFile(consumersFile(home), JSON.stringify(saved, undefined, 2) + '\n')
}

function isSaved(value: unknown): value is SavedConsumer {
  const { name, topics, since, createdAt } = (value ?? {}) as Partial<SavedConsumer>
  return typeof name === 'string' && Array.isArray(topics) && typeof since === 'number' && typeof createdAt === 'number'
}
