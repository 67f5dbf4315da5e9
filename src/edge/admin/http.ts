/**
 * node:http, got without a namespace object: `import … from 'node:http'` makes one, which reads every export, and some of them load a fetch
 * implementation that nothing here uses (14 MB, process.memoryUsage() before and after).
 */
export const { createServer, STATUS_CODES } = process.getBuiltinModule('node:http')
