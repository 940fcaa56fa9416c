/** Where a reader is, as text that means something to this life of the node only: epoch and number of a message. */
export const cursorOf = (epoch: number, number: number): string => `${epoch}-${number}`

/** The number that a cursor stands for; `unknown` for one of another life, and for any other text. */
export function readCursor(cursor: string, epoch: number): number | 'unknown' {
  const [, life, number] = /^(\d{1,15})-(\d{1,15})$/.exec(cursor) ?? []
  return Number(life) === epoch ? Number(number) : 'unknown'
}
