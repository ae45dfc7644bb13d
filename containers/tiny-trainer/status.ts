import { join } from 'node:path'
import type { TrainerStatus } from '../../schemas/trainer-contract.ts'
import { writeDurably } from './files.ts'

export type StatusFile = { update(change: Partial<Omit<TrainerStatus, 'job_id' | 'updated_at'>>): void }

/** Keeps `status.json` under the output folder; every update replaces the file atomically and keeps what it does not name. */
export function createStatusFile(output: string, job: string, totalSteps: number): StatusFile {
  let status: TrainerStatus = {
    job_id: job,
    status: 'starting',
    current_step: 0,
    total_steps: totalSteps,
    updated_at: new Date().toISOString(),
    anomaly_detected: false,
    anomaly_reason: null,
    latest_metrics: {},
  }
  return {
    update(change) {
      status = { ...status, ...change, updated_at: new Date().toISOString() }
      writeDurably(join(output, 'status.json'), `${JSON.stringify(status)}\n`)
    },
  }
}
