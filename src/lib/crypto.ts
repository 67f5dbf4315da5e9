/**
 * node:crypto without a namespace object: `import … from 'node:crypto'` makes one, which reads every export, and those of Web Crypto load
 * another 4 MB that nothing here uses.
 */
export const { createHash, createPrivateKey, randomBytes, timingSafeEqual, X509Certificate } = process.getBuiltinModule('node:crypto')
export type { KeyObject } from 'node:crypto'
