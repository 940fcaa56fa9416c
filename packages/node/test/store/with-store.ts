import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Store, type StoreOptions } from '../../src/store/index.ts'

/** Runs with a path for a database in a folder of its own, which is gone afterwards. */
export async function withFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gv-store-'))
  try {
    await run(join(folder, 'store.db'))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Runs with a new store, which is closed and gone afterwards. */
export async function withStore(
  run: (store: Store) => Promise<void>,
  options: Partial<StoreOptions> = {},
): Promise<void> {
  await withFolder(async (path) => {
    const store = await Store.open({ path, ...options })
    try {
      await run(store)
    } finally {
      await store.close()
    }
  })
}
