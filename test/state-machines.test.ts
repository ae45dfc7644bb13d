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
    expect((await loadMachines()).map((machine) => `${machine.name}.asl.json`)).toEqual(names)
  })

  it.each(names)('%s has one way to fail: every error ends in CollectFailure', async (name) => {
    const { States } = JSON.parse(await readFile(`state-machines/${name}`, 'utf8'))
    const outside = Object.entries(States as Record<string, { Type: string }>).filter(
      ([, state]) => state.Type === 'Task',
    )
    expect(outside.map(([state]) => state)).toEqual(['CollectFailure'])
    expect(States.Pipeline.Catch).toMatchObject([{ ErrorEquals: ['States.ALL'], Next: 'CollectFailure' }])
  })
})
