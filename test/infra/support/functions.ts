import { render } from './render.ts'
import { type configs, ofType, synth, type TemplateJson } from './synth.ts'

export interface Deployed {
  /** As the manifest calls it. */
  name: string
  id: string
  properties: Record<string, unknown>
  /** Rendered. */
  environment: Record<string, string>
  /** Logical id of its role. */
  role: string
  template: TemplateJson
}

/** Every function of the manifest that a config deploys. */
export function deployed(config: keyof typeof configs): Deployed[] {
  return Object.values(synth(config).templates).flatMap((template) =>
    ofType(template, 'AWS::Lambda::Function').map(([id, properties]) => {
      const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, unknown> }
      const environment = Object.fromEntries(Object.entries(Variables).map(([key, value]) => [key, render(value)]))
      const [role] = (properties.Role as { 'Fn::GetAtt': string[] })['Fn::GetAtt']
      return { name: environment.SLUICE_FUNCTION ?? id, id, properties, environment, role: role ?? '', template }
    }),
  )
}
