import { codeVersion } from '../core/platform/code-version.ts'

/** Of the control plane; equals package.json, which a test checks. */
export const version = codeVersion
