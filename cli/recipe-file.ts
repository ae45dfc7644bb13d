import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Problem } from '../schemas/problem.ts'
import { jsonErrorOffset } from './json-place.ts'
import { ProblemError } from './problem-error.ts'

export interface RecipeFile {
  /** What the file says; the server checks it. */
  content: unknown
  /** `file:line:column` of a JSON pointer into the content, or of the closest thing above it. */
  locate(pointer: string): string | undefined
}

/** Reads a recipe, or `what` else is written so, in YAML or JSON. Throws ProblemError naming line and column of everything that is not. */
export async function readRecipeFile(path: string, what = 'recipe'): Promise<RecipeFile> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message
    throw ProblemError.local('unreadable', `cannot read ${what} ${path}: ${why}`)
  })
  return parseRecipe(text, path, what)
}

/** `path` names the text in messages; `.json` has it read as JSON alone. */
export function parseRecipe(text: string, path: string, what = 'recipe'): RecipeFile {
  const name = basename(path)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${name}:${line}:${col}`
  }
  const locate = (pointer: string) => {
    const offset = offsetOf(document.contents, pointer)
    return offset === undefined ? undefined : at(offset)
  }
  // YAML contains JSON but for a few habits of white space, such as tabs; JSON itself is asked about those.
  if (/\.json$/i.test(path)) return { content: parseJson(text, `${what} ${path}`, at), locate }
  if (document.errors.length > 0) {
    const errors = document.errors.map((error) => ({
      pointer: '',
      code: error.code.toLowerCase(),
      message: `${at(error.pos[0])}: ${error.message}`,
      remedy: remedies[error.code] ?? 'Correct the YAML at this place.',
    }))
    throw unreadable(`${what} ${path}`, 'YAML', errors)
  }
  try {
    return { content: document.toJS(), locate }
  } catch (error) {
    const message = (error as Error).message
    throw unreadable(`${what} ${path}`, 'YAML', [
      { pointer: '', code: 'bad_yaml', message, remedy: 'Correct the YAML.' },
    ])
  }
}

const remedies: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'Indent with spaces.',
  DUPLICATE_KEY: 'Keep one of the two.',
  BAD_INDENT: 'Indent the line like its neighbours.',
  MULTIPLE_DOCS: 'Write one document per file.',
}

function parseJson(text: string, file: string, at: (offset: number) => string): unknown {
  const bare = text.replace(/^\ufeff/, ' ')
  try {
    return JSON.parse(bare)
  } catch (error) {
    const message = `${at(jsonErrorOffset(bare) ?? 0)}: ${(error as Error).message}`
    throw unreadable(file, 'JSON', [
      { pointer: '', code: 'bad_json', message, remedy: 'Correct the JSON at this place.' },
    ])
  }
}

function unreadable(file: string, language: string, errors: Problem['errors']): ProblemError {
  return ProblemError.local('invalid', `${file} is not ${language}`, errors)
}

function offsetOf(root: Node | null, pointer: string): number | undefined {
  let node: unknown = root
  let offset = root?.range?.[0]
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === key)
      if (!pair) return offset
      offset = (pair.key as Node).range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(key)]
      if (!item) return offset
      offset = (item as Node).range?.[0] ?? offset
      node = item
    } else return offset
    if (isAlias(node)) return offset
  }
  return offset
}
