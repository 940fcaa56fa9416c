/** Something that happens, at a time in ms. `nodes` names them: see {@link selectNodes}. */
export type ScenarioEvent =
  /** Only those of one group hear each other; those in none form one more. With `forMs` it heals by itself. */
  | { readonly type: 'partition'; readonly atMs: number; readonly groups: readonly string[]; readonly forMs?: number }
  | { readonly type: 'heal'; readonly atMs: number }
  /** They forget what is not on disk, and say nothing. With `forMs` they come back. */
  | { readonly type: 'crash'; readonly atMs: number; readonly nodes: string; readonly forMs?: number }
  | { readonly type: 'restart'; readonly atMs: number; readonly nodes: string }
  /** They are not there before. */
  | { readonly type: 'join'; readonly atMs: number; readonly nodes: string }
  /** They say goodbye and go. */
  | { readonly type: 'leave'; readonly atMs: number; readonly nodes: string }
  /** Each is up and down in turn, between half and one and a half times these means; in the end all come back. */
  | {
      readonly type: 'churn'
      readonly atMs: number
      readonly nodes: string
      readonly untilMs: number
      readonly upMs: number
      readonly downMs: number
    }
  /** Links lose another part of all packets. With `forMs` it is then as before. */
  | { readonly type: 'loss'; readonly atMs: number; readonly loss: number; readonly forMs?: number }
  /** Disks are full for a time. */
  | { readonly type: 'disk-full'; readonly atMs: number; readonly nodes: string; readonly forMs: number }
  /** So many records of each disk go bad, of those that another disk has. */
  | { readonly type: 'disk-damage'; readonly atMs: number; readonly nodes: string; readonly count: number }
