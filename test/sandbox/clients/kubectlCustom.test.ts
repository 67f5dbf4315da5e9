import { replay } from './replay.ts'

await replay('Custom')
