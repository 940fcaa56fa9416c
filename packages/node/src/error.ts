/** Codes of {@link NodeError}, and through it of the control API and the command line. */
export type NodeErrorCode =
  /** Identity, home or configuration refused: exit 78. */
  | 'identity'
  | 'home'
  | 'config'
  | 'no-network'
  /** A file of the home cannot be written because of the disk: full, over quota, failing. */
  | 'disk'
  | 'other-network'
  /** Another process runs this home. */
  | 'running'
  /** No node answers on the home's socket: exit 3. */
  | 'not-running'
  /** The address cannot be listened on. */
  | 'listen'
  /** A request the caller should not have made: exit 2. */
  | 'usage'
  /** The control API's token, Host or Origin was refused. */
  | 'denied'
  | 'not-held'
  /** The topic is held under another definition. */
  | 'held-otherwise'
  | 'oversize'
  | 'bad-schema'
  | 'rejected'
  /** The topic's validator put off a message of ours. */
  | 'deferred'
  | 'overloaded'
  /** Another reader has the consumer. */
  | 'busy'
  | 'not-found'
  /** Stores that were compared are not equal, or a replay went another way than what was recorded. */
  | 'differs'
  /** What was given as a recording is none, is damaged, or of a version that is unknown here. */
  | 'recording'
  /** What was given as a proof proves nothing. */
  | 'no-proof'
  /** No address of the peer could be dialled. */
  | 'unreachable'
  /** The member that was asked has nobody who answers questions of this name. */
  | 'no-responder'
  /** Whoever should have answered failed. */
  | 'no-answer'
  /** The peer is on the block list, or not on the allow list. */
  | 'blocked'
  /** This machine cannot open a lab: no Linux, not root, or a program is missing. */
  | 'no-lab'
  /** Waited for as long as the caller allowed: exit 4. */
  | 'timeout'
  | 'stopped'
  | 'internal'

/** The one error class of the node package. The message is one line for people; `hint` says what to do about it. */
export class NodeError extends Error {
  readonly code: NodeErrorCode
  readonly hint: string | undefined

  constructor(code: NodeErrorCode, message: string, hint?: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'NodeError'
    this.code = code
    this.hint = hint
  }
}
