import { followBuild } from '../../core/data-factory/build/run-execution.ts'
import type { Subscriber } from './subscription.ts'

export const followBuilds: Subscriber = (platform, event) => followBuild(platform, event.subject)
