import * as z from 'zod'
import { AliasName, Name } from '../primitives.ts'
import { Alias, BaseModel, Model, ModelVersion, MoveAlias, RegisterBaseModel } from '../registry.ts'
import { type Operation, Paging, page } from './operation.ts'

const nameParams = z.strictObject({ name: Name })

export const registryOperations = {
  listModels: {
    method: 'get',
    path: '/v1/models',
    summary: 'List model versions by name',
    scope: 'read',
    query: Paging,
    status: 200,
    response: page(ModelVersion),
  },
  getModel: {
    method: 'get',
    path: '/v1/models/{name}',
    summary: 'A model with its versions and aliases',
    scope: 'read',
    params: nameParams,
    status: 200,
    response: Model,
  },
  moveAlias: {
    method: 'put',
    path: '/v1/models/{name}/aliases/{alias}',
    summary: 'Point an alias at a version, when the rules allow it',
    scope: 'approve',
    params: z.strictObject({ name: Name, alias: AliasName }),
    body: MoveAlias,
    status: 200,
    response: Alias,
  },
  registerBaseModel: {
    method: 'post',
    path: '/v1/base-models',
    summary: 'Make a base model nameable in recipes, or correct where it lies',
    scope: 'admin',
    body: RegisterBaseModel,
    status: 200,
    response: BaseModel,
  },
  listBaseModels: {
    method: 'get',
    path: '/v1/base-models',
    summary: 'Base models that recipes can name',
    scope: 'read',
    query: Paging,
    status: 200,
    response: page(BaseModel),
  },
} as const satisfies Record<string, Operation>
