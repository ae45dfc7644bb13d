// The dependency rule of docs/architecture.md. test/architecture.test.ts plants violations and sees them refused.
const contexts = {
  recipes: ['platform'],
  datasets: ['platform'],
  metrics: ['platform'],
  registry: ['platform'],
  preflight: ['platform', 'recipes', 'datasets', 'metrics', 'registry'],
  evaluation: ['platform', 'recipes', 'datasets', 'metrics', 'registry'],
  jobs: ['platform', 'recipes', 'datasets', 'metrics', 'registry', 'preflight', 'evaluation'],
  schedules: ['platform', 'jobs'],
  platform: [],
}

/** The entries of the Lambda functions, and what they alone are made of. */
const lambdaOnly = ['^functions/lambda/', '^functions/.*lambda\\.ts$']

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
    only('core-pure', '^core/', ['^core/', '^schemas/', '^(node:)?(crypto|zlib)$', 'node_modules/zod/']),
    ...Object.entries(contexts).map(([context, below]) =>
      only(`core-${context}-downward`, `^core/${context}/`, [
        '^schemas/',
        '^(node:)?(crypto|zlib)$',
        'node_modules/zod/',
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
      '^(node:)?(crypto|zlib)$',
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
    { name: 'nobody-imports-lambda', severity: 'error', from: {}, to: { path: '^functions/.*lambda\\.ts$' } },
    {
      name: 'lambda-pieces-stay-there',
      severity: 'error',
      from: { pathNot: [...lambdaOnly, '^(test|bench)/'] },
      to: { path: '^functions/lambda/' },
    },
    { name: 'manifest-imports-nothing', severity: 'error', from: { path: '^functions/manifest\\.ts$' }, to: {} },
    {
      name: 'local-is-embedded',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^(adapters/aws/|infra/|cli/|scripts/|test/|console/)' },
    },
    only('infra-manifest-and-cdk', '^infra/', [
      '^infra/',
      '^functions/manifest\\.ts$',
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
        path: '^(core|adapters|functions|local|infra|scripts|test|containers)/',
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
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}
