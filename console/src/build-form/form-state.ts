import type { DatasetBuildRequest } from '../../../schemas/build.ts'
import { type Field, type OperatorForm, operatorForms } from './operator-fields.ts'

export interface OperatorState {
  on: boolean
  values: Record<string, string | boolean>
}

export interface BuildForm {
  name: string
  seed: string
  taint: string
  sources: { dataset: string; task: string }[]
  operators: Record<string, OperatorState>
}

/** The form as it opens: one empty source, every operator at its default. */
export function newBuildForm(): BuildForm {
  const operators = operatorForms.map((each): [string, OperatorState] => [each.name, stateOf(each)])
  return {
    name: '',
    seed: '0',
    taint: '',
    sources: [{ dataset: '', task: '' }],
    operators: Object.fromEntries(operators),
  }
}

/** What the form says as a request. What cannot be one is sent as it is: the API says what is wrong with it, and where. */
export function toRequest(form: BuildForm): DatasetBuildRequest {
  const request = {
    kind: 'dataset',
    name: form.name.trim(),
    seed: numberOf(form.seed),
    taint: wordsOf(form.taint),
    sources: form.sources.map(({ dataset, task }) => ({
      dataset: dataset.trim(),
      ...(task.trim() !== '' && { task: task.trim() }),
    })),
    operators: Object.fromEntries(operatorForms.map((each) => [each.name, settingOf(each, form.operators[each.name])])),
  }
  return request as DatasetBuildRequest
}

function stateOf({ on, fields }: OperatorForm): OperatorState {
  return { on, values: Object.fromEntries(fields.map(({ key, initial }) => [key, initial])) }
}

function settingOf({ plain, fields }: OperatorForm, state: OperatorState | undefined): unknown {
  if (!state?.on) return false
  if (plain) return true
  const given = fields.map((field): [string, unknown] => [
    field.key,
    settingValue(field, state.values[field.key] ?? ''),
  ])
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

function settingValue({ kind, key }: Field, value: string | boolean): unknown {
  if (typeof value === 'boolean' || kind === 'choice') return value
  if (kind === 'number') return numberOf(value)
  if (kind === 'lines')
    return value
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
  if (kind === 'shares') return sharesOf(value)
  const words = wordsOf(value)
  return key === 'against' && words.length < 2 && (words[0] ?? 'registered') === 'registered' ? 'registered' : words
}

function sharesOf(text: string): Record<string, unknown> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line) => {
      const [name = '', share = ''] = line.split('=')
      return [name.trim(), numberOf(share)]
    }),
  )
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean)
}

/** undefined for nothing; text that is no number stays text, which the API refuses by name. */
function numberOf(text: string): number | string | undefined {
  const trimmed = String(text).trim()
  if (trimmed === '') return undefined
  const value = Number(trimmed)
  return Number.isFinite(value) ? value : trimmed
}
