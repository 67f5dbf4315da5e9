import {
  type Complaint,
  hostComplaint,
  hostPattern,
  nameComplaint,
  namePattern,
  pathComplaint,
  pathPattern,
  shown,
  tokenComplaint,
  tokenPattern,
} from '../../../core/routing/names.ts'
import type { NamedMatch, TextMatch } from '../../../core/routing/types.ts'
import { requestMethods } from '../../http1/requestHead.ts'
import { oneOf, onlyTrue, text } from './scalars.ts'
import { defaulted, listOf, mapped, object, optional, required, type Shape } from './shape.ts'

/** For texts that pass have no complaint: the pattern has said already that this one does not. */
function complaining(complaint: (text: string) => Complaint | undefined): (text: string) => Complaint {
  return (value) => complaint(value) ?? { message: `${shown(value)} is malformed`, fix: 'write another value' }
}

export const name = text({ what: 'a name', pattern: namePattern, complaint: complaining(nameComplaint) })
export const nameKey = { pattern: namePattern, complaint: nameComplaint }
export const host = text({
  what: 'a host like shop.example',
  pattern: hostPattern,
  complaint: complaining(hostComplaint),
  notes: { examples: ['shop.example', '*.shop.example', '[::1]'] },
})
export const path = text({
  what: 'a path like /cart',
  pattern: pathPattern,
  complaint: complaining(pathComplaint),
  notes: { examples: ['/', '/cart'] },
})
export const token = (what: string): Shape<string> =>
  text({ what, pattern: tokenPattern, complaint: complaining((value) => tokenComplaint(value, what)) })

/** Control characters never arrive in what is compared; a text with one would match nothing. */
export const plainText = (what: string, minimum: 0 | 1): Shape<string> =>
  text({
    what,
    pattern: `^[^\\u0000-\\u001f\\u007f]{${minimum},4096}$`,
    complaint: (value) => ({ message: `${shown(value)} is not ${what}`, fix: `write ${minimum} to 4096 characters without control characters` }),
  })
const regex = text({
  what: 'a regular expression',
  pattern: '^.{1,1024}$',
  complaint: (value) => ({ message: `${shown(value)} is not a regular expression`, fix: 'write 1 to 1024 characters on one line' }),
})

type Kinds = { readonly exact?: string | undefined; readonly prefix?: string | undefined; readonly regex?: string | undefined }

function textMatch({ exact, prefix, regex }: Kinds): TextMatch {
  if (exact !== undefined) return { kind: 'exact', value: exact }
  if (prefix !== undefined) return { kind: 'prefix', value: prefix }
  return { kind: 'regex', pattern: regex ?? '' }
}

const value = plainText('text to compare with', 0)
const regexNotes = 'RE2 syntax; matches the whole text, in linear time.'
const comparisons = {
  exact: optional(value, 'The whole text, with case.'),
  prefix: optional(plainText('the beginning of a text', 1), 'How the text begins, with case.'),
  regex: optional(regex, regexNotes),
  present: optional(onlyTrue, 'The name occurs, whatever its value.'),
}
const named = (nameShape: Shape<string>, nameNotes: string): Shape<readonly NamedMatch[]> =>
  listOf(
    mapped(
      object({ name: required(nameShape, nameNotes), ...comparisons }, { exactlyOne: ['exact', 'prefix', 'regex', 'present'] }),
      ({ name, present, ...kinds }): NamedMatch => ({ name, value: present === undefined ? textMatch(kinds) : { kind: 'present' } }),
    ),
  )

const pathMatch = mapped(
  object(
    {
      exact: optional(path, 'The whole path.'),
      prefix: optional(path, 'How the path begins, by segment: /a holds for /a and /a/b, not for /ab.'),
      regex: optional(regex, regexNotes),
    },
    { exactlyOne: ['exact', 'prefix', 'regex'] },
  ),
  textMatch,
)

export const requestMatch = object(
  {
    method: optional(oneOf(requestMethods), 'The method; the edge answers any other with 501.'),
    path: optional(pathMatch, 'The path, without its query.'),
    headers: defaulted(named(token('a header name'), 'Without case.'), [], 'Header fields; one that occurs twice never matches by its value.', []),
    cookies: defaulted(named(token('a cookie name'), 'With case.'), [], 'Cookies.', []),
    query: defaulted(named(plainText('the name of a query parameter', 1), 'With case.'), [], 'Query parameters.', []),
  },
  { atLeastOne: true },
)
