/** Every folder of code that the dependency rule holds for. Of the console its sources only: what is built of them has its own shape. */
export const sourceFolders = [
  'schemas',
  'core',
  'adapters',
  'functions',
  'containers',
  'local',
  'cli',
  'console/src',
  'scripts',
  'bench',
  'infra',
  'test',
]
