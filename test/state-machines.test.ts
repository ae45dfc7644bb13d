import { readdir, readFile } from 'node:fs/promises'
import validate from 'asl-validator'
import { describe, expect, it } from 'vitest'
import { loadMachines } from '../local/machines.ts'

describe('the state machines', async () => {
  const names = (await readdir('state-machines')).filter((name) => name.endsWith('.asl.json'))

  it.each(names)('%s is valid ASL', async (name) => {
    const { isValid, errors } = validate(JSON.parse(await readFile(`state-machines/${name}`, 'utf8')))
    expect(errors).toEqual([])
    expect(isValid).toBe(true)
  })

  it.each(names)('%s goes red when a state is missing', async (name) => {
    const machine = JSON.parse(await readFile(`state-machines/${name}`, 'utf8'))
    machine.StartAt = 'Nowhere'
    expect(validate(machine).isValid).toBe(false)
  })

  it('all load in the embedded interpreter, every substitution given', async () => {
    expect((await loadMachines()).map((machine) => `${machine.name}.asl.json`).toSorted()).toEqual(names)
  })

  it.each([
    ['training-pipeline', 'CollectFailure'],
    ['dataset-build', 'FailBuild'],
  ])('%s has one way to fail: every error ends in %s', async (name, handler) => {
    const text = await readFile(`state-machines/${name}.asl.json`, 'utf8')
    const { States } = JSON.parse(text) as { States: Record<string, State> }
    const failing = Object.entries(States).filter(([, { Type }]) => ['Task', 'Parallel', 'Map'].includes(Type))
    expect(failing.length).toBeGreaterThan(1)
    for (const [state, { Catch }] of failing)
      if (state !== handler) expect(Catch, state).toMatchObject([{ ErrorEquals: ['States.ALL'], Next: handler }])
    expect(States[States[handler]?.Next ?? '']?.Type).toBe('Fail')
  })

  it('are all covered by the check above', () => {
    expect(names).toEqual(['dataset-build.asl.json', 'training-pipeline.asl.json'])
  })
})

interface State {
  Type: string
  Next?: string
  Catch?: unknown
}
