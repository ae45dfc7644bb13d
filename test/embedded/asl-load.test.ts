import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { loadMachine, restoreMachine } from '../../adapters/embedded/asl/load.ts'
import { definition, lambda, only, pass, placeholder, problemCodes, problems } from '../support/asl-definitions.ts'

const batch = { JobName: 'n', JobQueue: 'q', JobDefinition: 'd', Timeout: { AttemptDurationSeconds: 60 } }
const job = { Type: 'Task', Resource: 'arn:aws:states:::batch:submitJob.sync', Arguments: batch, End: true }

describe('loading a state machine', () => {
  it('names every problem at once, with state, field and remedy', () => {
    const found = problems({
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      Surprise: 1,
      States: {
        A: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:s3:getObject',
          InputPath: '$.a',
          Arguments: { FunctionName: placeholder('Unknown') },
          Next: 'Nowhere',
        },
        B: { Type: 'Pass', Output: '{% $a + %}', Next: 'B' },
        C: { Type: 'Teapot' },
      },
    })
    expect(found.map(({ pointer, code }) => `${pointer} ${code}`).toSorted()).toEqual([
      '/States/A no_terminal',
      '/States/A/Arguments/FunctionName unsubstituted',
      '/States/A/InputPath jsonpath_field',
      '/States/A/Next unknown_next',
      '/States/A/Resource unknown_resource',
      '/States/B unreachable',
      '/States/B/Output jsonata_syntax',
      '/States/C unreachable',
      '/States/C/Type unknown_state_type',
      '/Surprise unknown_field',
    ])
    for (const { message, remedy } of found) expect([message.length > 10, remedy.length > 3]).toEqual([true, true])
    expect(found.find(({ code }) => code === 'jsonpath_field')?.message).toBe(
      'state "A", field "InputPath": belongs to JSONPath, this machine is JSONata',
    )
    expect(found.find(({ code }) => code === 'jsonata_syntax')?.message).toContain('at character 4')
  })

  it.each<[string, object, string[]]>([
    ['a machine in JSONPath', { StartAt: 'A', States: { A: pass } }, ['/QueryLanguage missing_field']],
    ['a state in JSONPath', only({ ...pass, QueryLanguage: 'JSONPath' }), ['/States/Only/QueryLanguage unsupported']],
    ['an unknown start', { ...definition({ A: pass }), StartAt: 'B' }, ['/StartAt unknown_next']],
    ['no states', definition({}), ['/StartAt missing_field', '/States missing_field']],
    ['a state without an exit', only({ Type: 'Pass' }), ['/States/Only missing_field']],
    ['two exits', definition({ A: { ...pass, Next: 'B' }, B: pass }), ['/States/A/End conflicting_field']],
    [
      'a loop without a way out',
      definition({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } }),
      ['/States/A no_terminal', '/States/B no_terminal'],
    ],
    ['Result of a Pass', only({ ...pass, Result: 1 }), ['/States/Only/Result jsonpath_field']],
    ['a field of other services', only({ ...lambda, Credentials: {} }), ['/States/Only/Credentials unknown_field']],
    [
      'a callback task',
      only({ ...lambda, Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' }),
      ['/States/Only/Resource unknown_resource'],
    ],
    [
      'a function that is invoked asynchronously',
      only({ ...lambda, Arguments: { FunctionName: 'f', InvocationType: 'Event' } }),
      ['/States/Only/Arguments/InvocationType unknown_field'],
    ],
    ['a task without arguments', only({ ...lambda, Arguments: undefined }), ['/States/Only/Arguments missing_field']],
    [
      'a heartbeat longer than the time limit',
      only({ ...lambda, TimeoutSeconds: 5, HeartbeatSeconds: 5 }),
      ['/States/Only/HeartbeatSeconds out_of_range'],
    ],
    ['a time limit of zero', only({ ...lambda, TimeoutSeconds: 0 }), ['/States/Only/TimeoutSeconds out_of_range']],
    [
      'a job without a time limit',
      only({ ...job, Arguments: { ...batch, Timeout: undefined } }),
      ['/States/Only/Arguments/Timeout missing_field'],
    ],
    [
      'a job limit that Batch refuses',
      only({ ...job, Arguments: { ...batch, Timeout: { AttemptDurationSeconds: 59 } } }),
      ['/States/Only/Arguments/Timeout/AttemptDurationSeconds out_of_range'],
    ],
    [
      'job overrides that mean nothing here',
      only({ ...job, Arguments: { ...batch, ContainerOverrides: { Command: ['x'] } } }),
      ['/States/Only/Arguments/ContainerOverrides/Command unknown_field'],
    ],
    [
      'an array job',
      only({ ...job, Arguments: { ...batch, ArrayProperties: { Size: 2 } } }),
      ['/States/Only/Arguments/ArrayProperties unknown_field'],
    ],
    [
      'two ways to wait',
      only({ Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z', End: true }),
      ['/States/Only missing_field'],
    ],
    [
      'a wait until a word',
      only({ Type: 'Wait', Timestamp: '2026-01-01', End: true }),
      ['/States/Only/Timestamp wrong_type'],
    ],
    [
      'a condition that is no expression',
      definition({ A: { Type: 'Choice', Choices: [{ Condition: 'true', Next: 'B' }] }, B: pass }),
      ['/States/A/Choices/0/Condition wrong_type'],
    ],
    [
      'a JSONPath rule',
      definition({
        A: { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Condition: '{% true %}', Next: 'B' }] },
        B: pass,
      }),
      ['/States/A/Choices/0/IsNull unknown_field', '/States/A/Choices/0/Variable jsonpath_field'],
    ],
    [
      'a Default that does not exist',
      definition({ A: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'B' }], Default: 'C' }, B: pass }),
      ['/States/A/Default unknown_next'],
    ],
    ['an unfinished delimiter', only({ ...pass, Output: '{% 1' }), ['/States/Only/Output jsonata_delimiter']],
    ['a space before the delimiter', only({ ...pass, Output: ' {% 1 %}' }), ['/States/Only/Output jsonata_delimiter']],
    [
      'a wrong variable name',
      only({ ...pass, Assign: { 'a.b': 1, states: 2, ['x'.repeat(81)]: 3 } }),
      [
        '/States/Only/Assign/a.b wrong_name',
        '/States/Only/Assign/states reserved_name',
        `/States/Only/Assign/${'x'.repeat(81)} wrong_name`,
      ],
    ],
  ])('refuses %s', (_, asl, expected) => {
    expect(problemCodes(asl)).toEqual(expected.toSorted())
  })

  it('lets inner scopes read the variables of outer ones, but not assign them', () => {
    const inner = (assign: object) =>
      definition({
        Seed: { Type: 'Pass', Assign: { shared: 1 }, Next: 'Fan' },
        Fan: {
          Type: 'Parallel',
          Branches: [{ StartAt: 'In', States: { In: { ...pass, Assign: assign, Output: '{% $shared %}' } } }],
          Catch: [{ ErrorEquals: ['States.ALL'], Assign: { caught: true }, Next: 'Out' }],
          Next: 'Out',
        },
        Out: { ...pass },
      })
    expect(problems(inner({ own: 1 }))).toEqual([])
    expect(problems(inner({ shared: 2 })).map(({ code }) => code)).toEqual(['shadowed_variable'])
    expect(problems(inner({ caught: 2 })).map(({ code }) => code)).toEqual(['shadowed_variable'])
  })

  it('does not let outer scopes read the variables of inner ones', () => {
    const asl = definition({
      Fan: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'In', States: { In: { ...pass, Assign: { own: 1 } } } }],
        Next: 'Out',
      },
      Out: { ...pass, Output: '{% $own %}' },
    })
    expect(problems(asl).map(({ message }) => message)).toEqual([expect.stringContaining('$own is neither')])
  })

  it('substitutes names in every string value, and says which ones have no value', () => {
    const joined = (first: string, second: string) => `{% '${first}' & '${second}' %}`
    const asl = (name: string, text: string) =>
      only({ ...lambda, Arguments: { FunctionName: name, Payload: { text } } })
    const given = asl(placeholder('Function'), joined(placeholder('A'), placeholder('B')))
    expect(problems(given, { Function: 'f', A: 'a' })).toEqual([
      {
        pointer: '/States/Only/Arguments/Payload/text',
        code: 'unsubstituted',
        message: `machine "bad", States, Only, Arguments, Payload, text: "${placeholder('B')}" has no substitution`,
        remedy: 'give a value for B; known: Function, A',
      },
    ])
    const loaded = loadMachine('good', given, { Function: 'f', A: 'a', B: 'b' })
    expect(JSON.parse(loaded.definition)).toEqual(asl('f', joined('a', 'b')))
  })

  it('makes the same machine again from its stored definition, even if a substitution looks like a placeholder', () => {
    const asl = only({ ...lambda, Arguments: { FunctionName: placeholder('Function') } })
    const loaded = loadMachine('again', asl, { Function: placeholder('not-a-placeholder') })
    const restored = restoreMachine('again', loaded.definition)
    expect(restored.digest).toBe(loaded.digest)
    expect(restored.block.states.get('Only')).toEqual(loaded.block.states.get('Only'))
  })

  it.each([null, 'text', [], 7, { States: () => 1 }])('refuses what is no definition: %s', (asl) => {
    expect(problems(asl).map(({ code }) => code)).toEqual(['wrong_type'])
  })

  it('accepts the machines of this project', () => {
    const url = new URL('../../state-machines/training-pipeline.asl.json', import.meta.url)
    const text = readFileSync(url, 'utf8')
    const names = [...text.matchAll(/\$\{([^{}]+)\}/g)].map(([, name]) => name as string)
    expect(problems(JSON.parse(text), Object.fromEntries(names.map((name) => [name, name])))).toEqual([])
  })
})
