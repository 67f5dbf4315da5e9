import { ApiError, badRequest } from '../apiError.ts'
import type { Answer } from '../http/answer.ts'
import { parseJson } from '../http/body.ts'
import type { PathRequest } from '../http/dispatch.ts'
import type { Faults } from './faults.ts'
import { parseFault } from './parseFault.ts'

const root = '/sandbox/v1/faults'

/** Answers what is asked of /sandbox/v1/faults; undefined for other paths. */
export function answerFaults({ method, path, body }: PathRequest, faults: Faults): Promise<Answer> | undefined {
  if (path !== root && !path.startsWith(`${root}/`)) return undefined
  return answer(method, path.slice(root.length + 1), body, faults)
}

async function answer(method: string, id: string, body: PathRequest['body'], faults: Faults): Promise<Answer> {
  switch (method) {
    case 'GET':
      return report(200, faults)
    case 'POST': {
      const value = parseJson((await body()).toString(), (because) => badRequest(`the fault cannot be read: ${because}`))
      const { match, occurrence, effect } = parseFault('', value)
      const name = faults.add({ match, ...(occurrence !== undefined && { occurrence }), effect })
      return { kind: 'object', code: 201, object: { id: name } }
    }
    case 'DELETE':
      if (id === '') faults.clear()
      else if (!faults.remove(id)) throw new ApiError({ code: 404, reason: 'NotFound', message: `there is no fault ${JSON.stringify(id)}` })
      return report(200, faults)
    default:
      throw new ApiError({ code: 405, reason: 'MethodNotAllowed', message: 'faults take GET, POST and DELETE' })
  }
}

function report(code: number, faults: Faults): Answer {
  return { kind: 'object', code, object: { seed: faults.seed, faults: faults.reports() } }
}
