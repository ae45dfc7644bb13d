import type { Command } from 'commander'
import type { Act, Context } from '../context.ts'
import { readArchitecture } from '../model-architecture.ts'
import { addExample, wholeNumber } from './arguments.ts'

interface RegisterOptions {
  uri: string
  digest: string
  contextLength: number
  architecture?: string
  label?: string
  replace?: boolean
}

/** `models register-base`. */
export function baseModelCommands(models: Command, act: Act): void {
  const register = models
    .command('register-base')
    .description('make a base model nameable in recipes, or correct where it lies')
    .argument('<id>', 'as recipes name it, for example Qwen/Qwen3-0.6B')
    .requiredOption('--uri <uri>', 'the folder with its MANIFEST.json: s3://... on AWS, file://... on this machine')
    .requiredOption('--digest <sha256>', 'of that MANIFEST.json')
    .requiredOption('--context-length <tokens>', 'how many tokens it reads at most', wholeNumber(1, 100_000_000))
    .option(
      '--architecture <file|json>',
      "its config.json, or the sizes themselves: without, GPU memory is not estimated for a model outside the server's bucket",
    )
    .option('--label <text>', 'for people')
    .option('--replace', 'allow another digest under a known id; jobs that pinned the old one will fail')
    .action(act<RegisterOptions>((context, [id], options) => registerBase(context, id as string, options)))
  addExample(
    register,
    'sluice models register-base Qwen/Qwen3-0.6B --uri s3://my-bucket/models/qwen3-0.6b/ --digest SHA256 --context-length 32768 --architecture config.json',
  )
}

async function registerBase(context: Context, id: string, options: RegisterOptions): Promise<undefined> {
  const { uri, digest, contextLength, label, replace } = options
  const architecture = options.architecture === undefined ? undefined : await readArchitecture(options.architecture)
  const body = {
    id,
    uri,
    digest,
    context_length: contextLength,
    ...(architecture && { architecture }),
    ...(label !== undefined && { label }),
    ...(replace && { replace }),
  }
  await context.show('registerBaseModel', { body }, (model) => [
    `${context.paint('good', '✓')} ${model.id} can be named in recipes: ${model.uri}, ${model.context_length} tokens`,
    `  ${context.paint('dim', 'digest')} ${model.digest}`,
    ...(model.architecture
      ? [`  ${context.paint('dim', 'size')}   ${(model.architecture.parameters / 1e9).toFixed(2)} billion parameters`]
      : []),
  ])
}
