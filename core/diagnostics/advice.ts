import type { Advice } from '../../schemas/diagnostics.ts'
import { DpoHyperparameters, GrpoHyperparameters, SftHyperparameters } from '../../schemas/hyperparameters.ts'
import type { Setting } from './detector.ts'

const shapes: Record<string, Record<string, { safeParse(value: unknown): { success: boolean } }>> = {
  sft: SftHyperparameters.shape,
  dpo: DpoHyperparameters.shape,
  grpo: GrpoHyperparameters.shape,
}

/**
 * Advice to change a hyperparameter of the stage from what it is. Nothing where the algorithm has no such setting in a recipe, or where
 * the change is none; no value where the present one is unknown or the new one not allowed.
 */
export function changeHyperparameter(
  { head, stage }: Setting,
  name: string,
  change: (present: number) => number,
  why: string,
): Advice[] {
  const shape = shapes[head.algorithm]
  if (shape ? !shape[name] : head.hyperparameters?.[name] === undefined) return []
  const present = head.hyperparameters?.[name]
  const next = typeof present === 'number' ? tidy(change(present)) : undefined
  if (next !== undefined && next === present) return []
  const allowed = next !== undefined && (!shape || shape[name]!.safeParse(next).success)
  return [
    {
      key: shape ? `stages[${stage}].hyperparameters.${name}` : '',
      value: allowed ? next : null,
      text: allowed ? `${name} ${show(present as number)} -> ${show(next)}: ${why}` : `${name}: ${why}`,
    },
  ]
}

/** Advice to change another key of the recipe. */
export const changeKey = (key: string, value: Advice['value'], text: string): Advice => ({ key, value, text })

/** Advice that is no key of a recipe. */
export const tell = (text: string): Advice => ({ key: '', value: null, text })

/** A number for people: four digits. */
export function show(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  return String(Number(value.toPrecision(4)))
}

/** The present value of a hyperparameter, where it is a number. */
export function hyperparameter({ head }: Setting, name: string): number | undefined {
  const value = head.hyperparameters?.[name]
  return typeof value === 'number' ? value : undefined
}

const tidy = (value: number) => (Number.isInteger(value) ? value : Number(value.toPrecision(2)))
