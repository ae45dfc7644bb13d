import { describe, expect, it } from 'vitest'
import { errorsAt } from '../../console/src/build-form/field-errors.ts'
import { newBuildForm, toRequest } from '../../console/src/build-form/form-state.ts'
import { operatorForms } from '../../console/src/build-form/operator-fields.ts'
import { BuildRequest } from '../../schemas/build.ts'
import { Operators } from '../../schemas/operators.ts'

function filledForm() {
  const form = newBuildForm()
  form.name = 'clean'
  form.sources = [{ dataset: ' orchard ', task: '' }]
  return form
}

it('has every operator of the API in its order, each at its default', () => {
  expect(operatorForms.map(({ name }) => name)).toEqual(Object.keys(Operators.shape))
  expect(toRequest(filledForm()).operators).toEqual(Operators.parse({}))
})

it('opens as a request that the API takes', () => {
  expect(BuildRequest.parse(toRequest(filledForm()))).toEqual(
    BuildRequest.parse({ kind: 'dataset', name: 'clean', sources: [{ dataset: 'orchard' }] }),
  )
})

it('takes each further operator with the settings that it opens with', () => {
  const needed: Record<string, Record<string, string>> = {
    toxicity: { terms: 'darn\nheck' },
    mix: { weights: 'math = 2\nchat=1' },
  }
  for (const { name } of operatorForms) {
    const form = filledForm()
    form.operators[name] = { on: true, values: { ...form.operators[name]?.values, ...needed[name] } }
    const { operators } = BuildRequest.parse(toRequest(form)) as { operators: Operators }
    expect(operators[name as keyof Operators], name).toBeTruthy()
  }
})

it('reads lists and shares as people write them', () => {
  const form = filledForm()
  form.taint = 'unreviewed, licence'
  form.operators.mix = { on: true, values: { weights: ' math = 2 \n\nchat=1', rows: '100' } }
  form.operators.decontaminate = {
    on: true,
    values: { against: 'gsm8k, mmlu', ngram: '8', threshold: '', masked: false },
  }
  const request = toRequest(form)
  expect(request.taint).toEqual(['unreviewed', 'licence'])
  expect(request.operators).toMatchObject({
    mix: { weights: { math: 2, chat: 1 }, rows: 100 },
    decontaminate: { against: ['gsm8k', 'mmlu'], ngram: 8, masked: false },
  })
  expect(request.operators.decontaminate).not.toHaveProperty('threshold')
})

it('hands what is no number to the API, which says so at the field', () => {
  const form = filledForm()
  form.operators.length = { on: true, values: { max_tokens: 'lots' } }
  const refused = BuildRequest.safeParse(toRequest(form))
  expect(refused.success).toBe(false)
  expect(JSON.stringify(refused.error?.issues)).toContain('max_tokens')
})

describe('an error', () => {
  const at = (pointer: string) => ({ pointer, code: 'bad', message: pointer, remedy: '' })
  const problem = {
    type: '/problems/invalid',
    title: 'invalid',
    status: 422,
    detail: '',
    errors: [at('/name'), at('/operators/pii/patterns/0'), at('/operators/pii_more')],
  }

  it('belongs to the field at its pointer, and to the one around it', () => {
    expect(errorsAt(problem, '/name')).toHaveLength(1)
    expect(errorsAt(problem, '/operators/pii').map(({ pointer }) => pointer)).toEqual(['/operators/pii/patterns/0'])
    expect(errorsAt(problem, '/seed')).toEqual([])
    expect(errorsAt(undefined, '/name')).toEqual([])
  })
})
