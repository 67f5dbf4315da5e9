import type { Problem } from './source.ts'

/** One line, as compilers write it: `edge.yaml:12:19: splits.shop.totalWeight: what is wrong; what to write`. */
export function formatProblem({ where, line, column, field, message, fix }: Problem): string {
  const place = [where, line, column].filter((part) => part !== undefined).join(':')
  return [place, ...(field === '' ? [] : [field]), `${message}; ${fix}`].join(': ').replace(/[\u0000-\u001f\u007f]+/g, ' ')
}
