/** A value of a template as text: what CloudFormation puts in is shown in braces, `{Blobs.Arn}`, `{Region}`. */
export function render(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  const [[name, argument] = ['', undefined]] = Object.entries(value)
  switch (name) {
    case 'Ref':
      return argument === 'AWS::Partition' ? 'aws' : `{${String(argument).replace('AWS::', '')}}`
    case 'Fn::GetAtt':
      return `{${(argument as string[]).join('.')}}`
    case 'Fn::Join': {
      const [separator, parts] = argument as [string, unknown[]]
      return parts.map(render).join(separator)
    }
    case 'Fn::GetStackOutput':
      return `{${readable((argument as { OutputName: string }).OutputName)}}`
    case 'Fn::ImportValue':
    case 'Fn::Sub':
      return `{${render(argument)}}`
    default:
      return JSON.stringify(value)
  }
}

/** `PublishOutputFnGetAttBlobsF0F01DC6ArnBB5F8221` -> `Blobs.Arn`. A logical id without a hash stays one word with its attribute. */
function readable(output: string): string {
  const text = /^PublishOutput(?:Ref|FnGetAtt)(.+)[0-9A-F]{8}$/.exec(output)?.[1] ?? output
  return text.replace(/[0-9A-F]{8}(?=\w*$)/, '.').replace(/\.$/, '')
}
