import { beforeEach, describe, expect, it } from 'vitest'
import { createMlflowApi } from './support/mlflow-api.ts'

let api: ReturnType<typeof createMlflowApi>
beforeEach(() => {
  api = createMlflowApi()
})

const newRun = async (fields: object = {}): Promise<string> =>
  (await api.post('runs/create', { experiment_id: '0', start_time: 1000, ...fields })).body.run.info.run_id
const metric = (key: string, value: unknown, step = 0, timestamp = 1000 + step) => ({ key, value, step, timestamp })
const runOf = async (run_id: string) => (await api.read('runs/get', { run_id })).body.run
const historyOf = async (run_id: string, metric_key: string) =>
  (await api.read('metrics/get-history', { run_id, metric_key })).body.metrics

describe('experiments', () => {
  it('are created once, found by name and id, and the default is there from the start', async () => {
    const made = await api.post('experiments/create', { name: 'études', tags: [{ key: 'team', value: 'red' }] })
    expect(made).toMatchObject({ status: 200, body: { experiment_id: expect.stringMatching(/^\d{18}$/) } })
    const { experiment_id } = made.body
    const byName = await api.read('experiments/get-by-name', { experiment_name: 'études' })
    expect(byName.body.experiment).toMatchObject({
      experiment_id,
      name: 'études',
      lifecycle_stage: 'active',
      artifact_location: `mlflow-artifacts:/${experiment_id}`,
      tags: [{ key: 'team', value: 'red' }],
    })
    expect((await api.read('experiments/get', { experiment_id })).body).toEqual(byName.body)
    expect(await api.post('experiments/create', { name: 'études' })).toMatchObject({
      status: 400,
      body: { error_code: 'RESOURCE_ALREADY_EXISTS', message: expect.stringContaining('"études" exists already') },
    })
    expect((await api.read('experiments/get', { experiment_id: '0' })).body.experiment.name).toBe('Default')
    expect((await api.post('experiments/create', { name: 'Default' })).body.error_code).toBe('RESOURCE_ALREADY_EXISTS')
  })

  it('that nobody made are answered with 404 in MLflow’s words', async () => {
    for (const answer of [
      await api.read('experiments/get-by-name', { experiment_name: 'none' }),
      await api.read('experiments/get', { experiment_id: '17' }),
      await api.post('runs/create', { experiment_id: '17' }),
    ])
      expect(answer).toMatchObject({ status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST' } })
  })

  it('are deleted, restored, tagged and searched', async () => {
    const { experiment_id } = (await api.post('experiments/create', { name: 'a' })).body
    await api.post('experiments/create', { name: 'b' })
    await api.post('experiments/set-experiment-tag', { experiment_id, key: 'k', value: 'v' })
    const names = async (search: object) => {
      const { body } = await api.post('experiments/search', { max_results: 100, ...search })
      return body.experiments.map(({ name }: { name: string }) => name)
    }
    expect(await names({ order_by: ['name DESC'] })).toEqual(['b', 'a', 'Default'])
    expect(await names({ filter: "tags.k = 'v' AND name LIKE '%a%'" })).toEqual(['a'])
    await api.post('experiments/delete', { experiment_id })
    expect(await names({ filter: "name = 'a'" })).toEqual([])
    expect(await names({ view_type: 'DELETED_ONLY' })).toEqual(['a'])
    expect((await api.post('runs/create', { experiment_id })).body.message).toContain("'active' state")
    await api.post('experiments/restore', { experiment_id })
    await api.post('experiments/delete-experiment-tag', { experiment_id, key: 'k' })
    expect((await api.read('experiments/get', { experiment_id })).body.experiment.tags).toEqual([])
    const first = await api.post('experiments/search', { max_results: 2, order_by: ['name'] })
    const rest = { max_results: 2, order_by: ['name'], page_token: first.body.next_page_token }
    expect(await names(rest)).toEqual(['b'])
    expect((await api.post('experiments/search', { max_results: 1, filter: "metrics.a > '" })).status).toBe(400)
  })
})

describe('a run', () => {
  it('is created, logged to, ended and read back under the keys that were logged', async () => {
    const run_id = await newRun({ user_id: 'ann', run_name: 'first', tags: [{ key: 'a', value: 'b' }] })
    expect(run_id).toMatch(/^[0-9a-f]{32}$/)
    await api.post('runs/log-parameter', { run_uuid: run_id, key: 'lr', value: '1e-4' })
    await api.post('runs/set-tag', { run_id, key: 'note', value: 'x' })
    await api.post('runs/log-metric', { run_id, ...metric('loss', 2, 1) })
    await api.post('runs/log-batch', {
      run_id,
      metrics: [metric('loss', 1.5, 2), metric('grad_norm', 'NaN', 2), metric('eval/loss', '-Infinity', 2)],
      params: [{ key: 'epochs', value: '3' }],
      tags: [{ key: 'note', value: 'y' }],
    })
    await api.post('runs/update', { run_id, status: 'FINISHED', end_time: 5000 })
    expect(await runOf(run_id)).toEqual({
      info: {
        run_id,
        run_uuid: run_id,
        run_name: 'first',
        experiment_id: '0',
        user_id: 'ann',
        status: 'FINISHED',
        start_time: 1000,
        end_time: 5000,
        artifact_uri: `mlflow-artifacts:/0/${run_id}/artifacts`,
        lifecycle_stage: 'active',
      },
      data: {
        metrics: [
          { key: 'loss', value: 1.5, timestamp: 1002, step: 2 },
          { key: 'grad_norm', value: 'NaN', timestamp: 1002, step: 2 },
          { key: 'eval/loss', value: '-Infinity', timestamp: 1002, step: 2 },
        ],
        params: [
          { key: 'lr', value: '1e-4' },
          { key: 'epochs', value: '3' },
        ],
        tags: [
          { key: 'mlflow.runName', value: 'first' },
          { key: 'a', value: 'b' },
          { key: 'note', value: 'y' },
        ],
      },
      inputs: { dataset_inputs: [] },
    })
    expect(await historyOf(run_id, 'loss')).toEqual([
      { key: 'loss', value: 2, timestamp: 1001, step: 1, run_id },
      { key: 'loss', value: 1.5, timestamp: 1002, step: 2, run_id },
    ])
    expect(await historyOf(run_id, 'grad_norm')).toMatchObject([{ value: 'NaN' }])
    expect(await historyOf(run_id, 'never')).toEqual([])
  })

  it('takes bare NaN as Python writes it, also beside such words in text', async () => {
    const run_id = await newRun()
    const body = `{"run_id": "${run_id}", "metrics": [{"key": "a", "value": NaN, "timestamp": 1, "step": 1},
      {"key": "b", "value": -Infinity, "timestamp": 1, "step": 1}],
      "tags": [{"key": "quote", "value": "NaN, \\"Infinity\\" and -Infinity"}]}`
    expect((await api.post('runs/log-batch', body)).status).toBe(200)
    const { data } = await runOf(run_id)
    expect(data.metrics).toMatchObject([{ value: 'NaN' }, { value: '-Infinity' }])
    expect(data.tags).toContainEqual({ key: 'quote', value: 'NaN, "Infinity" and -Infinity' })
    expect(await api.post('runs/log-batch', `{"run_id": NaN,`)).toMatchObject({
      status: 400,
      body: { error_code: 'INVALID_PARAMETER_VALUE' },
    })
  })

  it('takes 64-bit integers and doubles as text, as clients of the protocol in other languages send them', async () => {
    const run_id = await newRun({ start_time: '1700000000000' })
    await api.post('runs/log-metric', { run_id, key: 'a', value: '1.5e3', timestamp: '1700000000001', step: '7' })
    expect(await historyOf(run_id, 'a')).toMatchObject([{ value: 1500, timestamp: 1700000000001, step: 7 }])
  })

  it('keeps every value of a step, and one of those that a repeated request brought twice', async () => {
    const run_id = await newRun()
    const batch = { run_id, metrics: [metric('a', 1, 0, 10), metric('a', 2, 0, 11), metric('a', 1, 0, 10)] }
    await api.post('runs/log-batch', batch)
    await api.post('runs/log-batch', batch)
    expect(await historyOf(run_id, 'a')).toMatchObject([
      { value: 1, timestamp: 10 },
      { value: 2, timestamp: 11 },
    ])
    const { series } = (await api.call('GET', `/v1/runs/run-${run_id}/metrics`)).body
    expect(series).toMatchObject([{ name: 'a', points: [[0, 2]] }])
  })

  it('pages its history', async () => {
    const run_id = await newRun()
    await api.post('runs/log-batch', { run_id, metrics: Array.from({ length: 25 }, (_, i) => metric('a', i, i)) })
    const seen: number[] = []
    let page_token = ''
    do {
      const { body } = await api.read('metrics/get-history', { run_id, metric_key: 'a', max_results: '10', page_token })
      expect(body.metrics.length).toBeLessThanOrEqual(10)
      seen.push(...body.metrics.map(({ value }: { value: number }) => value))
      page_token = body.next_page_token ?? ''
    } while (page_token !== '')
    expect(seen).toEqual(Array.from({ length: 25 }, (_, i) => i))
    expect((await api.read('metrics/get-history', { run_id, metric_key: 'a', page_token: 'x' })).status).toBe(400)
  })

  it('loses nothing when many log at once', async () => {
    const run_id = await newRun()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        api.post('runs/log-batch', {
          run_id,
          metrics: Array.from({ length: 20 }, (_, j) => metric(`m${i}`, j, j)),
          params: [{ key: `p${i}`, value: String(i) }],
          tags: [{ key: `t${i}`, value: String(i) }],
        }),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const { data } = await runOf(run_id)
    expect([data.metrics.length, data.params.length, data.tags.length]).toEqual([10, 10, 11])
    for (let i = 0; i < 10; i++) expect(await historyOf(run_id, `m${i}`)).toHaveLength(20)
  })

  it('keeps what it was trained on', async () => {
    const run_id = await newRun()
    const dataset = { name: 'gsm8k', digest: 'abc123', source_type: 'hf', source: '{}' }
    const tags = [{ key: 'mlflow.data.context', value: 'training' }]
    await api.post('runs/log-inputs', { run_id, datasets: [{ dataset, tags }] })
    expect((await runOf(run_id)).inputs.dataset_inputs).toEqual([{ dataset, tags }])
    const large = { ...dataset, digest: 'large', schema: 'x'.repeat(20_000) }
    await api.post('runs/log-inputs', { run_id, datasets: [{ dataset: large, tags }] })
    expect((await runOf(run_id)).inputs.dataset_inputs[1].dataset).toEqual({ ...dataset, digest: 'large' })
  })

  it('that is deleted takes nothing more, and can be restored', async () => {
    const run_id = await newRun()
    await api.post('runs/log-metric', { run_id, ...metric('a', 1) })
    expect((await api.post('runs/delete', { run_id })).status).toBe(200)
    expect(await api.post('runs/log-metric', { run_id, ...metric('a', 2, 1) })).toMatchObject({
      status: 400,
      body: {
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining("must be in the 'active' state"),
      },
    })
    expect((await runOf(run_id)).info.lifecycle_stage).toBe('deleted')
    await api.post('runs/restore', { run_id })
    expect((await api.post('runs/log-metric', { run_id, ...metric('a', 2, 1) })).status).toBe(200)
    expect(await historyOf(run_id, 'a')).toHaveLength(2)
  })
})

describe('a search for runs', () => {
  const ids = new Map<string, string>()
  beforeEach(async () => {
    for (const [name, loss, start_time] of [
      ['a', 3, 100],
      ['b', 1, 300],
      ['c', 2, 200],
      ['d', undefined, 400],
    ] as const) {
      const run_id = await newRun({ run_name: name, start_time })
      ids.set(name, run_id)
      const metrics = loss === undefined ? [] : [metric('loss', 9, 0), metric('loss', loss, 1)]
      await api.post('runs/log-batch', { run_id, metrics, params: [{ key: 'lr', value: `${loss}` }] })
    }
    await api.post('runs/delete', { run_id: ids.get('c') })
  })
  const search = (fields: object) => api.post('runs/search', { experiment_ids: ['0'], ...fields })
  const names = async (fields: object) =>
    (await search(fields)).body.runs.map(({ info }: { info: { run_name: string } }) => info.run_name)

  it('filters, orders and pages', async () => {
    expect(await names({})).toEqual(['d', 'b', 'a'])
    expect(await names({ filter: 'metrics.loss < 2.5' })).toEqual(['b'])
    expect(await names({ filter: "params.lr = '3' and attributes.status = 'RUNNING'" })).toEqual(['a'])
    expect(await names({ order_by: ['metrics.loss DESC'] })).toEqual(['a', 'b', 'd'])
    expect(await names({ order_by: ['attributes.start_time ASC'], run_view_type: 'ALL' })).toEqual(['a', 'c', 'b', 'd'])
    expect(await names({ run_view_type: 'DELETED_ONLY' })).toEqual(['c'])
    const { body } = await search({ max_results: 2 })
    expect(body.runs[1].data.metrics).toMatchObject([{ key: 'loss', value: 1 }])
    expect(await names({ max_results: 2, page_token: body.next_page_token })).toEqual(['a'])
    expect(await names({ experiment_ids: ['5'] })).toEqual([])
  })

  it.each([
    ['metrics.loss > 1 OR metrics.loss < 0', 'OR'],
    ["datasets.name = 'x'", 'datasets'],
    ["attributes.color = 'x'", 'color'],
  ])('refuses %s by name', async (filter, why) => {
    const { status, body } = await search({ filter })
    expect([status, body.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE'])
    expect(body.message).toContain(why)
  })
})
