/** Of Sluice; equals package.json, which a test checks. */
export const codeVersion = '0.1.0'
