import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { createStage, newestCheckpoint } from './runs.ts'
import { readMetrics, readStatus, runTrainer, sha256File, startTrainer } from './support.ts'

const adapterOf = (output: string) => sha256File(join(output, 'final/adapter_model.safetensors'))
const resumeAt = (output: string, step: number) => ({
  attempt: 2,
  resume_from: { uri: pathToFileURL(join(output, `checkpoints/step_${step}`)).href, step },
})
const lossesOf = (output: string) => readMetrics(output).map(({ step, data }) => [step, data.total_loss])

describe('a resumed run ends with the same adapter, bit for bit, as one without a break', () => {
  for (const algorithm of ['sft', 'dpo', 'grpo'] as const) {
    it(`for ${algorithm}, also with a checkpoint in the middle of a batch of completions`, async () => {
      const { workspace, run } = createStage(algorithm)
      const straight = run('straight')
      expect(await runTrainer(straight.spec, workspace.publicPem)).toMatchObject({ code: 0, stderr: '' })
      const resumed = run('resumed', resumeAt(straight.output, 3))
      expect(await runTrainer(resumed.spec, workspace.publicPem)).toMatchObject({ code: 0, stderr: '' })
      expect(adapterOf(resumed.output)).toBe(adapterOf(straight.output))
      expect(lossesOf(straight.output)).toHaveLength(8)
      expect(lossesOf(resumed.output)).toEqual(lossesOf(straight.output).slice(3))
      expect(sha256File(join(resumed.output, 'checkpoints/step_6/optimizer.safetensors'))).toBe(
        sha256File(join(straight.output, 'checkpoints/step_6/optimizer.safetensors')),
      )
    })
  }

  it('and another seed does not, so the comparison can fail', async () => {
    const { workspace, run } = createStage('sft')
    const outputs = []
    for (const seed of [1, 2]) {
      const { spec, output } = run(`seed-${seed}`, { seed, planned_steps: 2 })
      await runTrainer(spec, workspace.publicPem)
      outputs.push(adapterOf(output))
    }
    expect(outputs[0]).not.toBe(outputs[1])
  })
})

describe('interruptions', () => {
  it('SIGTERM finishes the step, leaves a complete checkpoint and all metrics, and exits 75', async () => {
    const { workspace, run } = createStage('sft')
    const fields = { planned_steps: 150, save_steps: 1000 }
    const stopped = run('stopped', fields)
    const running = startTrainer(stopped.spec, workspace.publicPem)
    await running.line(/step 5\//)
    running.process.kill('SIGTERM')
    expect(await running.finished).toMatchObject({ code: 75, signal: null, stderr: '' })
    const checkpoint = newestCheckpoint(stopped.output)!
    expect(readStatus(stopped.output)).toMatchObject({ status: 'preempted', current_step: checkpoint.step })
    expect(readMetrics(stopped.output).map(({ step }) => step)).toEqual(
      Array.from({ length: checkpoint.step }, (_, i) => i + 1),
    )
    expect(existsSync(join(stopped.output, 'manifest.json'))).toBe(false)

    const resumed = run('resumed', { ...fields, attempt: 2, resume_from: checkpoint })
    const straight = run('straight', fields)
    expect(await runTrainer(resumed.spec, workspace.publicPem)).toMatchObject({ code: 0 })
    expect(await runTrainer(straight.spec, workspace.publicPem)).toMatchObject({ code: 0 })
    expect(adapterOf(resumed.output)).toBe(adapterOf(straight.output))
  })

  it('SIGKILL in the middle of writing checkpoints and between them loses neither metrics nor the result', async () => {
    const { workspace, run } = createStage('grpo')
    const fields = { planned_steps: 40, save_steps: 4 }
    const straight = run('straight', fields)
    expect(await runTrainer(straight.spec, workspace.publicPem)).toMatchObject({ code: 0 })

    const steps = new Set<number>()
    const attempts = [run('attempt-1', fields)]
    for (let killed = 0; killed < 3; killed++) {
      const { spec, output } = attempts.at(-1)!
      const from = newestCheckpoint(attempts.at(-2)?.output ?? '')?.step ?? 0
      const running = startTrainer(spec, workspace.publicPem)
      const moment = killed === 1 ? '' : '_COMPLETE'
      const doomed = join(output, 'checkpoints', `step_${from + 8}`, moment)
      while (!existsSync(doomed)) await setImmediate()
      running.process.kill('SIGKILL')
      expect(await running.finished).toMatchObject({ code: null, signal: 'SIGKILL' })
      const checkpoint = newestCheckpoint(output)!
      const shipped = readMetrics(output).map(({ step }) => step)
      for (let step = from + 1; step <= checkpoint.step; step++) expect(shipped).toContain(step)
      for (const step of shipped) steps.add(step)
      attempts.push(run(`attempt-${killed + 2}`, { ...fields, attempt: killed + 2, resume_from: checkpoint }))
    }
    const last = attempts.at(-1)!
    expect(await runTrainer(last.spec, workspace.publicPem)).toMatchObject({ code: 0, stderr: '' })
    for (const { step } of readMetrics(last.output)) steps.add(step)
    expect([...steps].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    expect(adapterOf(last.output)).toBe(adapterOf(straight.output))
  })

  it('a new process takes over the output of a killed one and numbers its segments on', async () => {
    const { workspace, run } = createStage('sft')
    const { spec, output } = run('shared', { planned_steps: 60, flush_seconds: 0.001 })
    const running = startTrainer(spec, workspace.publicPem)
    await running.line(/step 4\//)
    running.process.kill('SIGKILL')
    await running.finished
    const before = readMetrics(output).length
    expect(await runTrainer(spec, workspace.publicPem)).toMatchObject({ code: 0, stderr: '' })
    expect(readMetrics(output)).toHaveLength(before + 60)
  })
})
