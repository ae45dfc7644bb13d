import type { Build, BuildStatus, BuildView } from '../../../schemas/build.ts'
import { BuildProgress } from '../../../schemas/build.ts'
import { Fault } from '../../platform/fault.ts'
import { mapPage, type PageRequest, pageOptions, queryAll } from '../../platform/paging.ts'
import { parseStored } from '../../platform/parse.ts'
import type { Draft, Item, JsonObject, Page, Platform, Table } from '../../platform/ports.ts'

const folder = (build: string) => `builds/${build}/`
export const specKey = (build: string) => `${folder(build)}spec.json`
export const progressKey = (build: string) => `${folder(build)}progress.json`
/** Written last: whatever lies there without it was never finished. */
export const resultKey = (build: string) => `${folder(build)}result.json`
/** Why the work stopped, as a fault that a person can act on. */
export const failureKey = (build: string) => `${folder(build)}failure.json`
export const documentKey = (build: string, file: string) => `${folder(build)}${file}`
export const droppedKey = (build: string) => `${folder(build)}dropped.jsonl`

export const buildKey = (id: string) => ({ pk: `BUILD#${id}`, sk: 'META' })

/** What the record keeps beside the build. */
export interface BuildMark {
  /** Its versions are being made visible: it can be ended no other way any more. */
  concluding?: true
}

export function toBuild({ data }: Item): Build {
  const { concluding: _, ...build } = data as unknown as Build & BuildMark
  return build
}
export const isConcluding = ({ data }: Item) => (data as BuildMark).concluding === true

export const isOver = (status: BuildStatus) => status !== 'submitted' && status !== 'running'

/** gsi1: builds that are not over. gsi2: all, by creation. */
export function buildDraft(build: Build, mark: BuildMark = {}): Draft {
  const place = `${build.created_at}#${build.id}`
  return {
    ...buildKey(build.id),
    data: { ...build, ...mark } as unknown as JsonObject,
    ...(!isOver(build.status) && { gsi1: { pk: 'BUILDS#live', sk: place } }),
    gsi2: { pk: 'BUILDS', sk: place },
  }
}

/** Fault `not_found`. */
export async function getBuild(table: Table, id: string): Promise<Build> {
  const item = await table.get(buildKey(id))
  if (item) return toBuild(item)
  throw new Fault('not_found', `build ${id} does not exist; list builds with: sluice data builds`)
}

/** Newest first. */
export async function listBuilds(table: Table, request: PageRequest): Promise<Page<Build>> {
  return mapPage(await table.query({ pk: 'BUILDS', index: 'gsi2', descending: true, ...pageOptions(request) }), toBuild)
}

/** Builds that are not over, oldest first. The index may lag: read a build again before acting on it. */
export async function* liveBuilds(table: Table): AsyncGenerator<Build> {
  for await (const item of queryAll(table, { pk: 'BUILDS#live', index: 'gsi1' })) yield toBuild(item)
}

/** A build with how far it is. */
export async function viewBuild(platform: Pick<Platform, 'blobs'>, build: Build): Promise<BuildView> {
  if (build.status !== 'running') return build
  const bytes = await platform.blobs.get(progressKey(build.id))
  return bytes ? { ...build, progress: parseStored(BuildProgress, bytes, progressKey(build.id)) } : build
}
