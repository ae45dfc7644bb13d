// The dependency rule of docs/architecture.md. test/architecture.test.ts plants violations and sees them refused.
const contexts = {
  platform: [],
  text: ['platform'],
  formats: ['platform', 'text'],
  recipes: ['platform', 'datasets'],
  datasets: ['platform', 'text', 'formats'],
  metrics: ['platform'],
  diagnostics: ['platform', 'metrics'],
  tracking: ['platform', 'metrics'],
  registry: ['platform'],
  'data-factory': ['platform', 'text', 'formats', 'datasets'],
  preflight: ['platform', 'text', 'recipes', 'datasets', 'data-factory', 'metrics', 'registry'],
  evaluation: ['platform', 'recipes', 'datasets', 'metrics', 'registry'],
  jobs: ['platform', 'recipes', 'datasets', 'metrics', 'diagnostics', 'registry', 'preflight', 'evaluation'],
  schedules: ['platform', 'jobs'],
}

/** Libraries that are functions of their arguments. */
const pure =
  'node_modules/(zod|hyparquet|hyparquet-writer|hyparquet-compressors|csv-parse|eld|@huggingface/tokenizers)/'

/** The entry of the data builder, a container. */
const builderEntry = '^functions/builder/main\\.ts$'

/** The entries of the Lambda functions and of the container, and what they alone are made of. */
const lambdaOnly = ['^functions/lambda/', '^functions/.*lambda\\.ts$', '^functions/worker/thread\\.ts$', builderEntry]

/** `from` may import only what `to` matches (and itself). */
const only = (name, from, to) => ({ name, severity: 'error', from: { path: from }, to: { pathNot: to } })

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('schemas-only-zod', '^schemas/', ['^schemas/', 'node_modules/(zod|re2js)/']),
    only('core-pure', '^core/', ['^core/', '^schemas/', '^(node:)?(crypto|zlib)$', pure]),
    ...Object.entries(contexts).map(([context, below]) =>
      only(`core-${context}-downward`, `^core/${context}/`, [
        '^schemas/',
        '^(node:)?(crypto|zlib)$',
        pure,
        ...[context, ...below].map((each) => `^core/${each}/`),
      ]),
    ),
    {
      name: 'adapters-see-platform-only',
      severity: 'error',
      from: { path: '^adapters/' },
      to: { path: '^(core/(?!platform/)|functions/|local/|cli/|scripts/|test/|infra/)' },
    },
    {
      name: 'aws-and-embedded-never-meet',
      severity: 'error',
      from: { path: '^adapters/aws/' },
      to: { path: '^adapters/embedded/' },
    },
    {
      name: 'embedded-and-aws-never-meet',
      severity: 'error',
      from: { path: '^adapters/embedded/' },
      to: { path: '^adapters/aws/' },
    },
    only('system-sees-platform-only', '^adapters/system/', [
      '^adapters/system/',
      '^core/platform/',
      '^(node:)?(crypto|zlib|worker_threads|os|fs|path|stream|url)',
    ]),
    {
      name: 'functions-core-schemas-hono',
      severity: 'error',
      from: { path: '^functions/', pathNot: lambdaOnly },
      to: { pathNot: ['^functions/', '^core/', '^schemas/', 'node_modules/(hono|zod)/'] },
    },
    {
      name: 'functions-lambda',
      severity: 'error',
      from: { path: lambdaOnly },
      to: {
        pathNot: [
          '^functions/',
          '^core/',
          '^schemas/',
          '^adapters/(aws|system)/',
          'node_modules/(hono|jose|zod)/',
          '^(node:)?stream',
        ],
      },
    },
    {
      name: 'nobody-imports-lambda',
      severity: 'error',
      from: {},
      to: { path: ['^functions/.*lambda\\.ts$', builderEntry] },
    },
    {
      name: 'lambda-pieces-stay-there',
      severity: 'error',
      from: { pathNot: [...lambdaOnly, '^(test|bench)/'] },
      to: { path: '^functions/lambda/' },
    },
    only('manifest-imports-nothing', '^functions/(manifest|deployable|blob-patterns)\\.ts$', [
      '^functions/(deployable|blob-patterns)\\.ts$',
    ]),
    {
      name: 'local-is-embedded',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^(adapters/aws/|infra/|cli/|scripts/|test/|console/)' },
    },
    only('infra-manifest-and-cdk', '^infra/', [
      '^infra/',
      '^functions/(manifest|deployable)\\.ts$',
      '^adapters/aws/environment\\.ts$',
      '^schemas/',
      'node_modules/(aws-cdk-lib|constructs|cdk-nag|zod|esbuild)/',
      '^(node:)?(crypto|fs|path|url)',
    ]),
    {
      name: 'clients-see-schemas',
      severity: 'error',
      from: { path: '^(cli|console)/' },
      to: {
        // A file is read offline as the server reads it: see docs/adr/0012.
        path: '^(core/(?!formats/|platform/fault)|(adapters|functions|local|infra|scripts|test|containers)/)',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'trainers-see-schemas',
      severity: 'error',
      from: { path: '^containers/' },
      to: { path: '^(core|adapters|functions|local|infra|cli|scripts|test|console)/' },
    },
    {
      name: 'nobody-imports-tests',
      severity: 'error',
      from: { path: '^(schemas|core|adapters|functions|local|infra|cli|console|containers|scripts)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'nobody-imports-scripts',
      severity: 'error',
      from: { path: '^(schemas|core|adapters|functions|local|infra|cli|console|containers)/' },
      to: { path: '^scripts/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^console/dist/' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
