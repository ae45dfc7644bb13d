import { readdir, readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { emittedFiles } from '../scripts/emit-json-schema.ts'

const remedy = 'is out of date: run npm run emit'

it.each(Object.entries(emittedFiles()))('%s says what the schemas say', async (path, content) => {
  expect(await readFile(path, 'utf8'), `${path} ${remedy}`).toBe(content)
})

it('schemas/json holds nothing else', async () => {
  const expected = Object.keys(emittedFiles()).filter((path) => path.startsWith('schemas/json/'))
  expect((await readdir('schemas/json')).map((name) => `schemas/json/${name}`).sort()).toEqual(expected.sort())
})
