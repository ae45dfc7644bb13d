import { setImmediate } from 'node:timers/promises'
import type { TrainSpec } from '../../schemas/trainer-contract.ts'
import { adamw, clipGradients } from './adamw.ts'
import { adapterFiles } from './adapter-files.ts'
import { chatTemplate } from './chat-template.ts'
import { writeCheckpoint } from './checkpoint.ts'
import { TrainerExit } from './exit.ts'
import { writeFiles } from './files.ts'
import { learningRate } from './learning-rate.ts'
import { createMetricsLog } from './metrics-log.ts'
import type { PreparedTraining } from './prepare.ts'
import { framework, writeManifest } from './result.ts'
import type { StatusFile } from './status.ts'

/**
 * Runs the optimizer steps that are left, then writes the adapter and the manifest. Throws a `diverged` exit at the first
 * value that is not finite, and a `preempted` exit after a checkpoint once `isStopping` says so.
 */
export async function train(
  spec: TrainSpec,
  output: string,
  { base, slots, objective, startStep }: PreparedTraining,
  status: StatusFile,
  isStopping: () => boolean,
): Promise<void> {
  const { planned_steps: planned, hyperparameters: hyper } = spec
  const log = createMetricsLog(output, spec.flush_seconds)
  status.update({ status: 'running', current_step: startStep })
  let statusAt = 0

  for (let step = startStep + 1; step <= planned; step++) {
    const started = performance.now()
    const { gradients, metrics, tokens, epoch } = objective.step(step, slots)
    const norm = clipGradients(gradients, hyper.max_grad_norm)
    const rate = learningRate(hyper, step, planned)
    const finite = Number.isFinite(norm) && Number.isFinite(metrics.total_loss)
    if (finite) adamw(slots, gradients, step, { learningRate: rate, weightDecay: hyper.weight_decay })
    const seconds = (performance.now() - started) / 1000
    const latest = log.append(step, {
      ...metrics,
      learning_rate: rate,
      grad_norm_actor: norm,
      epoch,
      step_time: seconds,
      tokens_per_second: tokens / seconds,
    })
    console.log(`step ${step}/${planned} loss ${metrics.total_loss?.toPrecision(4)} ${seconds.toFixed(2)} s`)
    if (!finite) {
      log.flush()
      const reason = `step ${step}: loss ${metrics.total_loss}, gradient norm ${norm}`
      status.update({
        status: 'failed',
        current_step: step,
        latest_metrics: latest,
        anomaly_detected: true,
        anomaly_reason: reason,
      })
      throw new TrainerExit('diverged', [reason])
    }
    if (performance.now() - statusAt > 500 || step === planned) {
      status.update({ current_step: step, latest_metrics: latest })
      statusAt = performance.now()
    }
    await setImmediate()
    const stopping = isStopping() && step < planned
    if (stopping || step % spec.save_steps === 0 || step === planned) save(step)
    if (stopping) {
      status.update({ status: 'preempted', current_step: step, latest_metrics: latest })
      throw new TrainerExit('preempted', [`stopped after the checkpoint of step ${step}`])
    }
  }
  finish()

  /** The segment goes first: a checkpoint must never stand for steps whose metrics could still be lost. */
  function save(step: number) {
    status.update({ status: 'saving', current_step: step })
    log.flush()
    writeCheckpoint(output, spec, step, slots, objective.state(step))
    status.update({ status: 'running' })
  }

  function finish() {
    const files = writeFiles(output, {
      ...prefixed(adapterFiles(slots, hyper.lora, spec.base_model.id)),
      'final/tokenizer.json': base.tokenizerJson,
      'final/chat_template.jinja': chatTemplate,
    })
    writeManifest(output, {
      contract: spec.contract,
      mode: 'train',
      job: spec.job,
      stage: spec.stage,
      attempt: spec.attempt,
      algorithm: spec.algorithm,
      ...framework,
      base_model: { id: spec.base_model.id, digest: spec.base_model.digest },
      recipe_digest: spec.recipe_digest,
      dataset_digest: spec.dataset.digest,
      resumed_from_step: startStep,
      global_step: planned,
      files,
    })
    status.update({ status: 'completed', current_step: planned })
  }
}

function prefixed(files: Record<string, Uint8Array | string>): Record<string, Uint8Array | string> {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`final/${name}`, content]))
}
