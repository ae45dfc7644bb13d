import { reconcileBuild } from '../../core/data-factory/build/run-execution.ts'
import { reconcileExecution } from '../../core/jobs/reconcile.ts'
import { runOf } from '../../core/jobs/run-execution.ts'
import type { Platform } from '../../core/platform/ports.ts'
import { BuildId } from '../../schemas/build.ts'

/** An execution may have ended. Best effort, so only a hint to look before the reconciler would; executions of others are passed over. */
export async function executionEnded(
  platform: Pick<Platform, 'table' | 'metrics' | 'blobs' | 'clock' | 'compute' | 'workflows'>,
  execution: string,
): Promise<void> {
  const run = runOf(execution)
  if (run) await reconcileExecution(platform, run)
  else if (BuildId.safeParse(execution).success) await reconcileBuild(platform, execution)
}
