import { type Complaint, fieldText } from '../routing/names.ts'

/** `spec`, `strategy`, `canary`, `steps`, 2, `setWeight`. */
export type Path = readonly (string | number)[]

/** What is wrong with an object, where, and what to do about it. */
export type SpecMistake = Complaint & { readonly path: Path }

/** A value that may be anything, and where it stands. */
export type Field = { readonly path: Path; readonly value: unknown }

/** Collects what is wrong; says so once and stops collecting where there is too much of it. */
export type Findings = {
  readonly mistakes: readonly SpecMistake[]
  report(field: Pick<Field, 'path'>, complaint: Complaint): void
}

const maxMistakes = 100

export function openFindings(): Findings {
  const mistakes: SpecMistake[] = []
  return {
    mistakes,
    report({ path }, { message, fix }) {
      if (mistakes.length < maxMistakes) mistakes.push({ path, message, fix })
      else if (mistakes.length === maxMistakes)
        mistakes.push({ path: path.slice(0, 1), message: 'more mistakes follow', fix: 'mend those above first' })
    },
  }
}

/** In one line: `spec.replicas: -1 is below the minimum 0; write an integer from 0 to 2147483647`. */
export function mistakeText({ path, message, fix }: SpecMistake): string {
  return `${fieldText(path)}: ${message}; ${fix}`
}
