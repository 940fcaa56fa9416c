/** How far a recording of a node is. */
export interface RecordingView {
  readonly file: string
  /**
   * `on`; or why it ended: the file is `full`, the disk is too `slow` or cannot be written (`disk`), or the node has
   * `stopped`.
   */
  readonly state: 'on' | 'stopped' | 'full' | 'slow' | 'disk'
  /** Events of this life of the node. */
  readonly events: number
  /** Of the file, and what it may have at most. */
  readonly bytes: number
  readonly bytesMax: number
}
