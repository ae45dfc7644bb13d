import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { stringify } from 'yaml'
import type { JobEvent, JobView } from '../../schemas/job.ts'
import type { MetricSeries } from '../../schemas/metrics.ts'
import type { RecipeInput } from '../../schemas/recipe.ts'
import { createRealClock, createTestIo, sluice } from '../cli/test-io.ts'
import { jsonl, prompts, sft, suite } from '../support/sample-project.ts'
import type { Account } from './end-to-end-account.ts'

/** A user of the account, with nothing but the command line. */
export function createUser({ url, bucket }: Pick<Account, 'url' | 'bucket'>) {
  // The account works while the CLI waits, so time is real.
  const cli = (...argv: string[]) =>
    sluice(
      [...argv, '--url', url, '--region', 'us-east-1'],
      createTestIo({ columns: 120, clock: createRealClock(0.4) }),
    )

  async function done(...argv: string[]): Promise<string> {
    const { code, out, err } = await cli(...argv)
    expect([argv, code, err]).toEqual([argv, 0, ''])
    return out
  }

  async function json<Answer>(...argv: string[]): Promise<Answer> {
    return JSON.parse(await done(...argv, '--json')) as Answer
  }

  return {
    cli,
    json,
    done,
    job: (id: string) => json<JobView>('jobs', 'get', id),
    async history(id: string): Promise<JobEvent[]> {
      return (await json<{ items: JobEvent[] }>('jobs', 'events', id)).items
    },
    async metrics(id: string): Promise<MetricSeries[]> {
      return (await json<{ series: MetricSeries[] }>('jobs', 'metrics', id)).series
    },
    /** Uploads the sample's datasets and registers its base model. */
    async addSampleProject(): Promise<void> {
      for (const [name, rows] of [
        ['sample-sft', sft],
        ['sample-prompts', prompts],
        ['sample-suite', suite],
      ] as const)
        await done('datasets', 'add', name, file('rows.jsonl', jsonl(rows)))
      const model = ['--uri', `s3://${bucket}/models/tiny-llama/`, '--digest', 'a'.repeat(64), '--context-length', '64']
      await done('models', 'register-base', 'tiny-llama', ...model)
    },
    publish: (recipe: RecipeInput) => done('recipes', 'publish', file('recipe.yaml', stringify(recipe))),
  }
}

export type User = ReturnType<typeof createUser>

/** The job that a command started. */
export function jobIn(out: string): string {
  return /job-[a-z0-9]{20}/.exec(out)?.[0] ?? ''
}

function file(name: string, content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-user-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, name), content)
  return join(folder, name)
}
