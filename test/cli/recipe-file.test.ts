import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { jsonErrorOffset } from '../../cli/json-place.ts'
import { parseRecipe, readRecipeFile } from '../../cli/recipe-file.ts'
import { tempDir } from '../support/temp-dir.ts'
import { problem, startStub } from './stub-server.ts'
import { sluice } from './test-io.ts'

const recipe = `name: sample
stages:
  - algorithm: sft
    steps: 0
    hyperparameters:
      lora: &lora { r: 8 }
  - algorithm: dpo
    hyperparameters:
      lora: *lora
`
const errorsOf = (text: string, path = 'r.yaml') => {
  try {
    parseRecipe(text, path)
  } catch (error) {
    return (error as { problem: { errors: unknown[] } }).problem.errors
  }
  return []
}

describe('reading', () => {
  it('takes YAML and JSON for the same thing', () => {
    const content = { name: 'x', stages: [{ steps: 3, scale: 1e-3 }], gate: null }
    expect(parseRecipe(stringify(content), 'r.yaml').content).toEqual(content)
    for (const path of ['r.json', 'r.yaml'])
      expect(parseRecipe(JSON.stringify(content, null, 2), path).content).toEqual(content)
    expect(parseRecipe(`\ufeff${JSON.stringify(content, null, '\t')}`, 'r.json').content).toEqual(content)
  })

  it('names line and column of every error in YAML', () => {
    expect(errorsOf('name: a\nsteps: [1, 2\ngate: {a: 1}}\n')).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          message: expect.stringMatching(/^r\.yaml:3:\d+: /),
          remedy: expect.stringMatching(/./),
        }),
      ]),
    )
    expect(errorsOf('name: a\nseed: 1\nname: b\n')).toEqual([
      {
        pointer: '',
        code: 'duplicate_key',
        message: 'r.yaml:3:1: Map keys must be unique',
        remedy: 'Keep one of the two.',
      },
    ])
    expect(errorsOf('a:\n\tb: 1\n')[0]).toMatchObject({
      message: expect.stringMatching(/^r\.yaml:2:1: /),
      remedy: 'Indent with spaces.',
    })
    expect(errorsOf('a: 1\n---\nb: 2\n')[0]).toMatchObject({ remedy: 'Write one document per file.' })
    expect(errorsOf('a: *nowhere\n')).toHaveLength(1)
  })

  it('names line and column of an error in JSON', () => {
    expect(errorsOf('{\n  "name": x\n}', 'dir/r.json')).toEqual([
      {
        pointer: '',
        code: 'bad_json',
        message: expect.stringMatching(/^r\.json:2:11: /),
        remedy: 'Correct the JSON at this place.',
      },
    ])
  })

  it('refuses an alias bomb', () => {
    const bomb = [
      'a0: &a0 [x]',
      ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
    ].join('\n')
    expect(errorsOf(bomb)).toHaveLength(1)
  })

  it('names a file that is not there', async () => {
    await expect(readRecipeFile('/nowhere/r.yaml')).rejects.toThrow(
      'cannot read recipe /nowhere/r.yaml: there is no such file',
    )
  })
})

it('the place of an error in JSON is found exactly when there is one, and everything before it could go on', () => {
  const places = [
    ['{"a": [1, 2,]}', 12],
    ["{'a': 1}", 1],
    ['{"a": 01}', 7],
    ['[1] 2', 4],
    ['', 0],
    ['{"a" 1}', 5],
    ['["\\x"]', 1],
    ['[1, nul]', 4],
  ] as const
  for (const [source, offset] of places) expect([source, jsonErrorOffset(source)]).toEqual([source, offset])
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', '"', '}', 'x', ' ', '0'), (source, where, planted) => {
      const cut = where % (source.length + 1)
      const changed = source.slice(0, cut) + planted + source.slice(cut + 1)
      let valid = true
      try {
        JSON.parse(changed)
      } catch {
        valid = false
      }
      expect(jsonErrorOffset(changed) === undefined).toBe(valid)
      expect(jsonErrorOffset(source)).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})

describe('locating a pointer', () => {
  const { locate } = parseRecipe(recipe, 'some/dir/r.yaml')
  it.each([
    ['/name', 'r.yaml:1:1'],
    ['/stages/0/steps', 'r.yaml:4:5'],
    ['/stages/1', 'r.yaml:7:5'],
    ['', 'r.yaml:1:1'],
    ['/stages/0/hyperparameters/learning_rate', 'r.yaml:5:5'],
    ['/stages/7/steps', 'r.yaml:2:1'],
    ['/stages/1/hyperparameters/lora/r', 'r.yaml:9:7'],
    ['/seed', 'r.yaml:1:1'],
  ])('%s is %s: the key itself, or the closest thing above a missing one', (pointer, place) => {
    expect(locate(pointer)).toBe(place)
  })

  it('finds every key of any document at a line and column that hold it', () => {
    const key = fc.stringMatching(/^[a-z~/]{1,6}$/).filter((each) => each !== '~')
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.integer(),
        fc.dictionary(key, tie('value'), { maxKeys: 4 }),
        fc.array(tie('value'), { maxLength: 3 }),
      ),
    }))
    fc.assert(
      fc.property(fc.dictionary(key, value, { minKeys: 1, maxKeys: 4 }), fc.boolean(), (content, asJson) => {
        const text = asJson ? JSON.stringify(content, null, 2) : stringify(content)
        const file = parseRecipe(text, asJson ? 'r.json' : 'r.yaml')
        const lines = text.split('\n')
        for (const [pointer, name] of keysOf(content)) {
          const [, line = '0', column = '0'] = file.locate(pointer)?.split(':') ?? []
          expect(lines[Number(line) - 1]?.slice(Number(column) - 1)).toMatch(new RegExp(`^["?]?\\s*"?${name}`))
        }
      }),
      { numRuns: 200 },
    )
  })
})

it('publish and validate show problems of the server at their place in the file, and exit 1', async () => {
  const path = join(tempDir(), 'recipe.yaml')
  writeFileSync(path, recipe)
  const errors = [
    { pointer: '/stages/0/steps', code: 'too_small', message: 'Too small', remedy: 'Give at least 1.' },
    { pointer: '/gate', code: 'invalid_type', message: 'is missing', remedy: 'Give a value.' },
  ]
  const { options, received } = await startStub(() => problem('invalid', 422, '2 problems', errors))
  for (const verb of ['publish', 'validate']) {
    const { code, err } = await sluice([...options, 'recipes', verb, path])
    expect(code).toBe(1)
    expect(err).toContain(
      '  recipe.yaml:4:5 /stages/0/steps  Too small\n      Give at least 1.\n  recipe.yaml:1:1 /gate  is missing\n',
    )
  }
  expect(JSON.parse(received[0]?.body as string)).toMatchObject({
    name: 'sample',
    stages: [{ steps: 0 }, { hyperparameters: { lora: { r: 8 } } }],
  })
})

it('a file that is not YAML is never sent', async () => {
  const path = join(tempDir(), 'recipe.yaml')
  writeFileSync(path, 'name: "open\n')
  const { options, received } = await startStub(() => ({ body: {} }))
  const { code, err } = await sluice([...options, 'recipes', 'publish', path])
  expect(code).toBe(1)
  expect(err).toMatch(new RegExp(`^error: recipe ${path} is not YAML\n {2}recipe\\.yaml:\\d+:\\d+: `))
  expect(received).toEqual([])
})

function* keysOf(value: unknown, at = ''): Generator<[pointer: string, name: string]> {
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* keysOf(item, `${at}/${i}`)
  else if (typeof value === 'object' && value !== null)
    for (const [name, child] of Object.entries(value)) {
      const pointer = `${at}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      yield [pointer, name]
      yield* keysOf(child, pointer)
    }
}
