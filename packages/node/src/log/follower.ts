import type { LogView } from '@grapevine/protocol/control'
import { Follower } from '../follower.ts'
import { includes, type LogLevel } from './level.ts'

/** Lines of the log of a level and above, as they come. A reader that is too slow gets a gap in place of what it missed. */
export class LogFollower extends Follower<LogView> {
  readonly level: LogLevel

  /** `first`: lines from before. */
  constructor(level: LogLevel, first: readonly LogView[], onClose: (follower: LogFollower) => void) {
    super(first, () => onClose(this))
    this.level = level
  }

  override take(line: LogView): void {
    if (includes(this.level, line.level)) super.take(line)
  }
}
