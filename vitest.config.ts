import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    reporters: ['default'],
    projects: [
      { extends: true, test: { name: 'main', include: ['test/**/*.test.ts'], exclude: ['test/aws/**'] } },
      // Only these start the AWS stand-in; a run of other files does not pay for it.
      {
        extends: true,
        test: { name: 'aws', include: ['test/aws/**/*.test.ts'], globalSetup: 'test/aws/moto-setup.ts' },
      },
    ],
  },
})
