/**
 * node:crypto without a namespace object: `import … from 'node:crypto'` makes one, which reads every export, and those of Web Crypto load
 * another 4 MB that nothing here uses.
 */
export const { createHash, randomBytes, timingSafeEqual } = process.getBuiltinModule('node:crypto')
