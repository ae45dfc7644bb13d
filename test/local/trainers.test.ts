import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Fault, isFault } from '../../core/platform/fault.ts'
import { trainersFile } from '../../local/config.ts'
import { startServer } from '../../local/server.ts'
import { computeDefinitions } from '../../local/trainers.ts'
import { tempDir } from '../support/temp-dir.ts'

async function written(content: unknown): Promise<string> {
  const directory = tempDir()
  await writeFile(join(directory, 'trainers.json'), typeof content === 'string' ? content : JSON.stringify(content))
  return directory
}

const definitionsIn = (directory: string, environment = {}) => computeDefinitions(trainersFile(directory, environment))

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isFault(error, 'invalid')) throw new Error(`no fault, but ${error}`)
  return error
}

describe('trainers.json', () => {
  it('adds definitions beside those of Sluice', async () => {
    const trl = {
      command: ['python3', '-m', 'sluice_trainer'],
      environment: { HF_HUB_OFFLINE: '1' },
      gpus: 2,
      gpu_memory_gib: 80,
      usd_per_hour: 3.5,
    }
    const definitions = await definitionsIn(await written({ trl, plain: { command: ['./train'] } }))
    expect(Object.keys(definitions).sort()).toEqual(['data-builder', 'plain', 'tiny-trainer', 'trl'])
    expect(definitions.trl).toEqual({
      command: trl.command,
      environment: trl.environment,
      gpus: 2,
      gpuMemoryBytes: 80 * 2 ** 30,
      usdPerHour: 3.5,
    })
    expect(definitions.plain).toEqual({ command: ['./train'] })
  })

  it('may be absent, but not where SLUICE_TRAINERS says', async () => {
    const directory = tempDir()
    expect(Object.keys(await definitionsIn(directory)).sort()).toEqual(['data-builder', 'tiny-trainer'])
    const fault = await faultOf(definitionsIn(directory, { SLUICE_TRAINERS: join(directory, 'other.json') }))
    expect(fault.errors[0]).toMatchObject({ code: 'unreadable', remedy: expect.stringContaining('SLUICE_TRAINERS') })
  })

  it('is found where SLUICE_TRAINERS says', async () => {
    const elsewhere = join(await written({ mine: { command: ['train'] } }), 'trainers.json')
    expect(await definitionsIn(tempDir(), { SLUICE_TRAINERS: elsewhere })).toHaveProperty('mine')
  })

  it('names everything that is wrong at once, and where', async () => {
    const fault = await faultOf(
      definitionsIn(
        await written({
          'tiny-trainer': { command: ['x'] },
          'data-builder': { command: ['x'] },
          'Upper Case': { command: ['x'] },
          shell: { command: 'python3 train.py' },
          empty: { command: [] },
          misspelt: { comand: ['x'], command: ['x'] },
          numbers: { command: ['x'], gpus: -1, gpu_memory_gib: 0, usd_per_hour: 'free' },
          environment: { command: ['x'], environment: { 'A-B': '1' } },
        }),
      ),
    )
    const pointers = fault.errors.map((error) => error.pointer)
    for (const pointer of [
      '/tiny-trainer',
      '/data-builder',
      '/Upper Case',
      '/shell/command',
      '/empty/command',
      '/misspelt/comand',
      '/numbers/gpus',
      '/numbers/gpu_memory_gib',
      '/numbers/usd_per_hour',
      '/environment/environment/A-B',
    ])
      expect(pointers).toContain(pointer)
    expect(fault.errors.find(({ pointer }) => pointer === '/tiny-trainer')?.message).toContain('Sluice itself')
    expect(fault.errors.find(({ pointer }) => pointer === '/misspelt/comand')?.remedy).toContain('"command"')
  })

  it.each(['{', '[]', 'null', '{"a": 1}', ''])('refuses %j', async (content) => {
    const fault = await faultOf(definitionsIn(await written(content)))
    expect(fault.message).toContain('trainers.json')
    expect(fault.errors.length).toBeGreaterThan(0)
  })

  it('keeps a server from starting when it is wrong', async () => {
    const directory = await written({ 'tiny-trainer': { command: ['x'] } })
    const config = { directory, port: 0, maxExecutions: 1, maxTrainers: 1, graceSeconds: 1 }
    await expect(startServer(config, () => {})).rejects.toMatchObject({ code: 'invalid' })
  })
})
