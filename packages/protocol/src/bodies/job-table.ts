import { keyOf } from '../bytes.ts'
import { link, unlink } from '../link.ts'
import type { Bodied, Job } from './job.ts'

/** Envelopes on their way to their bodies, by themselves, by their download, by the root of their body and by their gossip id. */
export class JobTable<Item extends Bodied> {
  readonly #all = new Map<Item, Job<Item>>()
  readonly #byName = new Map<string, Set<Job<Item>>>()
  readonly #byRoot = new Map<string, Set<Job<Item>>>()
  readonly #byGossipId = new Map<string, Set<Job<Item>>>()

  add(job: Job<Item>): void {
    this.#all.set(job.item, job)
    link(this.#byName, job.name, job)
    link(this.#byRoot, keyOf(job.reference.root), job)
    link(this.#byGossipId, job.item.gossipId, job)
  }

  remove(item: Item): Job<Item> | undefined {
    const job = this.#all.get(item)
    if (job === undefined) return undefined
    this.#all.delete(item)
    unlink(this.#byName, job.name, job)
    unlink(this.#byRoot, keyOf(job.reference.root), job)
    unlink(this.#byGossipId, item.gossipId, job)
    return job
  }

  get(item: Item): Job<Item> | undefined {
    return this.#all.get(item)
  }

  /** In order of arrival. */
  values(): Job<Item>[] {
    return [...this.#all.values()]
  }

  /** Those that share a download: the same message can be in several envelopes. */
  named(name: string): Job<Item>[] {
    return [...(this.#byName.get(name) ?? [])]
  }

  /** Those whose body has this root, whatever message it is for. */
  ofRoot(root: Uint8Array): Job<Item>[] {
    return [...(this.#byRoot.get(keyOf(root)) ?? [])]
  }

  ofGossip(gossipId: string): Job<Item>[] {
    return [...(this.#byGossipId.get(gossipId) ?? [])]
  }
}
