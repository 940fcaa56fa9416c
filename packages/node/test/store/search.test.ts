import { expect, test } from 'vitest'
import { authorCalled, batchFrom, newYear, recordNumber } from './records.ts'
import { withStore } from './with-store.ts'

const limits = { topic: 'chat', messagesMax: 1000, bytesMax: 1 << 20 }

test('a search goes by author time, author, epoch and id, in the order of arrival', async () => {
  await withStore(async (store) => {
    // The third comes late; the fifth is by content.
    await store.append([
      recordNumber(5),
      recordNumber(6, { author: authorCalled('bob') }),
      recordNumber(1),
      recordNumber(7, { author: authorCalled('bob'), epoch: 8 }),
      recordNumber(8, { keyTime: 0 }),
      recordNumber(6, { topic: 'other', author: authorCalled('bob') }),
    ])
    const found = async (search: object): Promise<number[]> =>
      (await store.search({ ...limits, ...search })).records.map(({ arrival }) => arrival)
    expect(await found({})).toEqual([1, 2, 3, 4, 5])
    expect(await found({ since: newYear + 6000 })).toEqual([2, 4, 5])
    expect(await found({ until: newYear + 6000 })).toEqual([1, 3])
    expect(await found({ since: newYear + 9000, until: newYear })).toEqual([])
    expect(await found({ author: authorCalled('bob') })).toEqual([2, 4])
    expect(await found({ author: authorCalled('bob'), epoch: 8 })).toEqual([4])
    expect(await found({ idPrefix: recordNumber(1).keys.slice(0, 4) })).toEqual([3])
    expect(await found({ idPrefix: recordNumber(9).keys.slice(0, 4) })).toEqual([])
    expect(await found({ reverse: true, messagesMax: 2 })).toEqual([5, 4])
    expect(await found({ after: 3, author: authorCalled('bob') })).toEqual([4])
  })
})

test('authors are listed with what is missing of them', async () => {
  await withStore(async (store) => {
    await store.append([batchFrom(0, 4), batchFrom(10, 4), recordNumber(5), recordNumber(20, { epoch: 9 })])
    await store.append([recordNumber(1, { author: new Uint8Array() })])
    const lives = await Array.fromAsync(store.authors('chat'))
    const author = authorCalled('ada')
    expect(lives).toEqual([
      { author: new Uint8Array(), epoch: 7, first: 1, last: 1, messages: 1, gaps: [] },
      {
        author,
        epoch: 7,
        first: 0,
        last: 13,
        messages: 9,
        gaps: [
          [4, 4],
          [6, 9],
        ],
      },
      { author, epoch: 9, first: 20, last: 20, messages: 1, gaps: [] },
    ])
  })
})
