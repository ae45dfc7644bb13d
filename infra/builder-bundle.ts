import { bundleFamily } from './bundle.ts'

// Where the bundle of the data builder lies: the context of containers/data-builder/Dockerfile.
console.log(bundleFamily('builder').directory)
