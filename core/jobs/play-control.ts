import type { PlaybackCommand } from '../../schemas/live.ts'

/** What a viewer wants changed. Of commands that contradict each other the last counts. */
export interface Wish {
  paused?: boolean
  speed?: number
  step?: number
  stop?: boolean
}

export type PlayControl = ReturnType<typeof createPlayControl>

/** The way from a viewer's commands to its playback: however many come, it holds one wish. */
export function createPlayControl() {
  let wish: Wish | undefined
  let wake = () => {}
  return {
    send(command: PlaybackCommand): void {
      wish = { ...wish, ...wishOf(command) }
      wake()
    },
    /** The wish since the last call. */
    take(): Wish | undefined {
      const taken = wish
      wish = undefined
      return taken
    },
    /** Calls `listener` with each command, in place of the listener before. */
    listen(listener: () => void): void {
      wake = listener
    },
  }
}

function wishOf(command: PlaybackCommand): Wish {
  switch (command.action) {
    case 'pause':
      return { paused: true }
    case 'resume':
      return { paused: false }
    case 'speed':
      return { speed: command.speed }
    case 'seek':
      return { step: command.step }
    case 'stop':
      return { stop: true }
    default:
      return command satisfies never
  }
}
