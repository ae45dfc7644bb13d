import * as z from 'zod'
import { DatasetVersion } from '../../schemas/dataset.ts'
import { Comparison, Evaluation } from '../../schemas/evaluation.ts'
import { GateDecision } from '../../schemas/gate.ts'
import { Job, Stage, StageProgress } from '../../schemas/job.ts'
import { PreflightReport } from '../../schemas/preflight.ts'
import { Problem } from '../../schemas/problem.ts'
import { Recipe, RecipeSpec, RecipeStage } from '../../schemas/recipe.ts'
import { ModelVersion } from '../../schemas/registry.ts'

/** Schemas that stand under `components` and are referred to. What a client sends may leave defaults out, so it is a schema of its own. */
const named = {
  DatasetVersion,
  Comparison,
  Evaluation,
  GateDecision,
  Job,
  Stage,
  StageProgress,
  PreflightReport,
  Problem,
  Recipe,
  RecipeSpec,
  RecipeStage,
  ModelVersion,
}

export type Direction = 'input' | 'output'

/** Turns zod schemas into JSON Schema for one document, and collects the named ones on the way. */
export function schemaCollector() {
  const components: Record<string, object> = {}
  const registries = { input: registry('Input'), output: registry('') }

  return {
    components,
    schemaOf(schema: z.ZodType, direction: Direction): Record<string, unknown> {
      const { $schema, $defs, ...rest } = rehome(
        z.toJSONSchema(schema, { io: direction, metadata: registries[direction], unrepresentable: 'any' }),
      )
      for (const [name, definition] of Object.entries(($defs ?? {}) as Record<string, object>))
        components[name] = withoutId(definition)
      const { id } = rest
      if (typeof id !== 'string') return rest
      components[id] = withoutId(rest)
      return { $ref: `#/components/schemas/${id}` }
    },
  }
}

function registry(suffix: string): z.core.$ZodRegistry<{ id: string }> {
  const ids = z.registry<{ id: string }>()
  for (const [name, schema] of Object.entries(named)) ids.add(schema, { id: `${name}${suffix}` })
  return ids
}

function rehome(schema: object): Record<string, unknown> {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

function withoutId(schema: object): object {
  const { id, ...rest } = schema as { id?: string }
  return rest
}
