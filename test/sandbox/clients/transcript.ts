// What a shell showed: commands, and what they printed, worded alike whatever the server, the time and the names that were drawn.

/** `$ COMMAND`, its further lines beginning with `> `, and below what it printed. */
export type Step = { readonly command: string; readonly printed: string }

/** Begins with a line `## RULE`. */
export type Section = { readonly rule: string; readonly steps: readonly Step[] }

export function parseTranscript(text: string): readonly Section[] {
  const sections: { rule: string; steps: { command: string; printed: string }[] }[] = []
  for (const line of text.trimEnd().split('\n')) {
    const section = sections.at(-1)
    const step = section?.steps.at(-1)
    if (line.startsWith('## ')) sections.push({ rule: line.slice(3), steps: [] })
    else if (section === undefined) throw new Error(`a transcript begins with "## …", not with ${line}`)
    else if (line.startsWith('$ ')) section.steps.push({ command: line.slice(2), printed: '' })
    else if (line.startsWith('> ') && step?.printed === '') step.command += `\n${line.slice(2)}`
    else if (step !== undefined) step.printed += `${line}\n`
  }
  return sections.map(({ rule, steps }) => ({ rule, steps: steps.map(({ command, printed }) => ({ command, printed: printed.trimEnd() })) }))
}

export function formatTranscript(sections: readonly Section[]): string {
  const formatStep = ({ command, printed }: Step): string => `$ ${command.replaceAll('\n', '\n> ')}\n${printed === '' ? '' : `${printed}\n`}`
  return sections.map(({ rule, steps }) => `## ${rule}\n${steps.map(formatStep).join('')}`).join('\n')
}

const drawn = '[bcdfghjklmnpqrstvwxz2456789]'

const alike: readonly (readonly [RegExp, string])[] = [
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000/g, 'TIME'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN'],
  [/("?resource ?version"?: *)"?\d+"?/gi, '$1VERSION'],
  [/\/tmp\/kubectl-edit-\d+\.\w+/g, 'COPY'],
  [/https:\/\/127\.0\.0\.1:\d+/g, 'SERVER'],
  [/\b\d+\.\d+\.\d+\.\d+\b/g, 'IP'],
  [/\b3[0-2]\d{3}\b/g, 'NODEPORT'],
  [/<(unknown|invalid)>/g, 'AGE'],
  // Before ages: some names that are drawn look like one.
  [new RegExp(`-(${drawn}{8,10})-(${drawn}{5})\\b`, 'g'), '-HASH-DRAWN'],
  [new RegExp(`(-|pod-template-hash"?[=:] ?"?)(${drawn}{8,10})\\b`, 'g'), '$1HASH'],
  [new RegExp(`-${drawn}{5}\\b`, 'g'), '-DRAWN'],
  [/(?<![=:] *)\b((\d+[dhm]){1,2}|(\d+m)?\d+s)\b( \(x\d+ over \w+\))?/g, 'AGE'],
  // Whether a second has passed between two writes.
  [/^[-+] +time: "TIME"\n/gm, ''],
  // What is narrower or wider moves what stands beside it.
  [/(\S)[ \t]{2,}/g, '$1  '],
  [/[ \t]+$/gm, ''],
]

/** Without what differs from run to run. */
export function normalise(printed: string): string {
  return alike.reduce((text, [pattern, word]) => text.replaceAll(pattern, word), printed).trimEnd()
}
