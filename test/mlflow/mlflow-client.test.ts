import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensurePython, mlflowClient } from '../../scripts/ensure-python.ts'
import { startMlflowServer } from './mlflow-server.ts'

const client = ensurePython(mlflowClient)
const why = 'missing' in client ? `: skipped, ${client.missing}` : ''

describe.skipIf('missing' in client)(`the real MLflow client${why}`, () => {
  let server: Awaited<ReturnType<typeof startMlflowServer>>
  beforeAll(async () => {
    server = await startMlflowServer('python' in client ? client.python : '')
  })
  afterAll(() => server.stop())

  it('logs, reads back, searches, and understands every refusal', async () => {
    const seen = await server.run('log_run.py')
    expect(seen.first).toEqual({
      status: 'FINISHED',
      name: 'first',
      params: { lr: '0.0001', model: 'tiny', flags: '[1, 2]', seed: '7' },
      metrics: { loss: 'nan', grad_norm: 'inf', 'eval/acc top-1': 0.5, no_step: 2 },
      tags: { team: 'red', a: null, b: '2', 'mlflow.note.content': 'a run', 'mlflow.runName': 'first' },
      loss: [
        [1, 2.5],
        [2, 'nan'],
      ],
      no_step: [
        [0, 1],
        [0, 2],
      ],
    })
    expect(seen).toMatchObject({
      artifacts: [],
      parent: true,
      resumed: [{}, {}, [3, 2]],
      batch: [1000, 100],
      search: [[true, 'FAILED']],
      order: [true, true],
      pages: 2,
      experiments: ['Default', 'fluent'],
    })
    expect(seen.immutable).toEqual(['INVALID_PARAMETER_VALUE', expect.stringContaining('"p1" is "1" already')])
    expect(seen.negative).toEqual(['INVALID_PARAMETER_VALUE', expect.stringContaining('keeps steps from 0')])
    expect(seen.filter).toEqual(['INVALID_PARAMETER_VALUE', expect.stringContaining('uses OR')])
    expect(seen.missing).toEqual(['RESOURCE_DOES_NOT_EXIST', expect.stringContaining('does not exist')])
    expect(seen.registry).toEqual(['NOT_IMPLEMENTED', expect.stringContaining('model registry')])
    expect(seen.artifact).toEqual([501, expect.stringContaining('artifact uploads')])
    expect(seen.deleted).toEqual(['deleted', ['INVALID_PARAMETER_VALUE', expect.stringContaining("'active' state")]])
  })

  it('logs what the callback of transformers logs, asynchronously, and nothing is lost', async () => {
    const seen = await server.run('train_like_transformers.py')
    const steps = Array.from({ length: 200 }, (_, i) => i + 1)
    expect(seen).toMatchObject({ status: 'FINISHED', params: 250, steps, nan: [150] })
    expect(seen.evals).toEqual([50, 100, 150, 200].map((step) => [step, 1 / step]))
    expect(seen.metrics).toEqual([
      ...['epoch', 'eval_loss', 'eval_runtime', 'grad_norm', 'learning_rate', 'loss', 'train_loss', 'train_runtime'],
    ])
    const { body } = await server.request('GET', `/v1/runs/run-${seen.run}/metrics?names=total_loss,grad_norm_actor`)
    const points = new Map(body.series.map((each: { name: string; points: unknown[] }) => [each.name, each.points]))
    expect(points.get('total_loss')).toHaveLength(200)
    expect((points.get('total_loss') as unknown[])[149]).toEqual([150, 'NaN'])
    expect(points.get('grad_norm_actor')).toHaveLength(200)
  })
})
