import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const run = (...flags: string[]) =>
  promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    'scripts/run-integration-test.ts',
    ...flags,
  ]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (error) => error as { code: number; stdout: string },
  )

describe('run-integration-test', () => {
  it('passes on the real trainer: ten steps of SFT and of GRPO, then replies in the right format', async () => {
    const { code, stdout } = await run()
    expect(stdout.match(/^ok {3}test_\w+$/gm)).toEqual([
      'ok   test_end_to_end_training_small_scale',
      'ok   test_training_output_format',
      'ok   test_reward_statistics_in_logs',
      'ok   test_model_inference',
    ])
    expect(stdout).toMatch(/PASSED in/)
    expect(code).toBe(0)
  }, 180_000)

  it('fails, and says why, when the prepared data is missing', async () => {
    const { code, stdout } = await run('--skip-prepare', '--data-dir=absent')
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAILED .*absent/)
  })

  it('fails when the time is up, and leaves no trainer behind', async () => {
    const { code, stdout } = await run('--timeout-minutes=0.05')
    expect(code).toBe(1)
    expect(stdout).toMatch(/took longer than 0.05 minutes and was stopped/)
  })
})
