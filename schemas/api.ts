import { buildOperations } from './operations/builds.ts'
import { datasetOperations } from './operations/datasets.ts'
import { evaluationOperations } from './operations/evaluations.ts'
import { jobOperations } from './operations/jobs.ts'
import { metricOperations } from './operations/metrics.ts'
import { monitoringOperations } from './operations/monitoring.ts'
import { recipeOperations } from './operations/recipes.ts'
import { registryOperations } from './operations/registry.ts'
import { scheduleOperations } from './operations/schedules.ts'
import { systemOperations } from './operations/system.ts'
import { ticketOperations } from './operations/tickets.ts'
import { trackingOperations } from './operations/tracking.ts'

/** Every operation of the HTTP API, once: routes, OpenAPI document and clients all read this table. */
export const operations = {
  ...systemOperations,
  ...jobOperations,
  ...metricOperations,
  ...monitoringOperations,
  ...recipeOperations,
  ...datasetOperations,
  ...buildOperations,
  ...evaluationOperations,
  ...registryOperations,
  ...scheduleOperations,
  ...ticketOperations,
  ...trackingOperations,
} as const

export type OperationName = keyof typeof operations
