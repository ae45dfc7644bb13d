/** Of the control plane; equals package.json, which a test checks. */
export const version = '0.1.0'
