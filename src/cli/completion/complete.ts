/** What may stand where the user is: the answer to a shell, in the form that kubectl asks for of its plugins too. */
import type { Argument, Command, Option } from 'commander'
import type { KubeObject } from '../../api/meta.ts'
import type { Rollout } from '../../api/rollout.ts'
import { namespaces, type Resource } from '../../kube/resource.ts'
import { analysisRuns, experiments, rollouts } from '../cluster/resources.ts'
import type { Opened, Surroundings } from '../session.ts'
import type { Flags } from '../verb.ts'
import { noFiles, noSpace } from './scripts.ts'

type Answer = { readonly candidates: readonly Candidate[]; readonly bits: number }
type Candidate = { readonly text: string; readonly about?: string }
type Options = { readonly name: string; readonly surroundings: Surroundings }

/** A shell does not wait for long. */
const answerMs = 3_000
const nothing: Answer = { candidates: [], bits: noFiles }
const files: Answer = { candidates: [], bits: 0 }

/** `words`: what stands behind the program's name, the last one unfinished. Never fails: what is not known is not offered. */
export async function complete(words: readonly string[], open: () => Promise<{ readonly program: Command }>, options: Options): Promise<number> {
  const { program } = await open()
  const answer = await answerFor(words, program, options).catch(() => nothing)
  const current = words.at(-1) ?? ''
  const lines = answer.candidates.filter(({ text }) => text.startsWith(current)).map(({ text, about }) => (about ? `${text}\t${about}` : text))
  options.surroundings.stdout.write([...lines, `:${answer.bits}\n`].join('\n'))
  return 0
}

async function answerFor(words: readonly string[], program: Command, options: Options): Promise<Answer> {
  const current = words.at(-1) ?? ''
  const place = placeOf(words.slice(0, -1), program)
  if (place.pending !== undefined) return valuesOf(place.pending, place, '', options)
  const [, flag] = /^(--[\w-]+)=/.exec(current) ?? []
  if (flag !== undefined) {
    const option = findOption(place.command, flag)
    return option === undefined ? nothing : valuesOf(option, place, `${flag}=`, options)
  }
  if (current.startsWith('-')) return { candidates: flagsOf(place.command), bits: noFiles }
  const subcommands = place.command.commands.filter((command) => !isHidden(command))
  if (place.operands.length === 0 && subcommands.length > 0)
    return { candidates: subcommands.map((command) => ({ text: command.name(), about: command.summary() || command.description() })), bits: noFiles }
  const taken = place.command.registeredArguments
  const argument = taken[Math.min(place.operands.length, taken.length - 1)]
  if (argument === undefined || (place.operands.length >= taken.length && !argument.variadic)) return nothing
  return argumentAnswer(argument, place, options)
}

type Place = {
  readonly command: Command
  readonly operands: readonly string[]
  readonly flags: Flags
  /** The flag whose value is next. */
  readonly pending: Option | undefined
}

/** Where the words so far lead. */
function placeOf(words: readonly string[], program: Command): Place {
  let command = program
  let pending: Option | undefined
  const operands: string[] = []
  const flags: Record<string, string | boolean> = {}
  for (const word of words) {
    if (pending !== undefined) {
      flags[pending.attributeName()] = word
      pending = undefined
      continue
    }
    const [, name, value] = /^(--?[\w-]+)(?:=(.*))?$/s.exec(word) ?? []
    const option = name === undefined ? undefined : findOption(command, name)
    if (option !== undefined) {
      if (!option.required && !option.optional) flags[option.attributeName()] = true
      else if (value !== undefined) flags[option.attributeName()] = value
      else if (option.required) pending = option
    } else if (!word.startsWith('-')) {
      const next = command.commands.find((each) => each.name() === word || each.aliases().includes(word))
      if (next !== undefined && operands.length === 0) command = next
      else operands.push(word)
    }
  }
  return { command, operands, flags, pending }
}

function findOption(command: Command, name: string): Option | undefined {
  const found = command.options.find((option) => option.long === name || option.short === name)
  return found ?? (command.parent === null ? undefined : findOption(command.parent, name))
}

function flagsOf(command: Command): readonly Candidate[] {
  return command.options.filter((option) => !option.hidden && option.long).map((option) => ({ text: option.long!, about: option.description }))
}

function isHidden(command: Command): boolean {
  return (command as unknown as { readonly _hidden?: boolean })._hidden === true
}

async function valuesOf(option: Option, place: Place, prefix: string, options: Options): Promise<Answer> {
  const of = (texts: readonly string[], bits = noFiles): Answer => ({ candidates: texts.map((text) => ({ text: prefix + text })), bits })
  if (option.argChoices !== undefined) return of(option.argChoices)
  switch (option.long) {
    case '--output':
      return of(['json', 'yaml', 'name', 'wide', 'jsonpath='], noFiles | noSpace)
    case '--namespace':
      return of(await names(namespaces, place, options))
    case '--name':
      return of(await names(rollouts, place, options))
    case '--context':
      return of(await contexts(place, options))
    case '--filename':
    case '--config':
    case '--kubeconfig':
      return files
    default:
      return nothing
  }
}

const argumentKinds: Readonly<Record<string, Resource>> = { rollout: rollouts, experiment: experiments, analysisrun: analysisRuns }

async function argumentAnswer(argument: Argument, place: Place, options: Options): Promise<Answer> {
  if (argument.argChoices !== undefined) return { candidates: argument.argChoices.map((text) => ({ text })), bits: noFiles }
  if (argument.name() === 'container=image') {
    const containers = await containersOf(place, options)
    return { candidates: containers.map((name) => ({ text: `${name}=` })), bits: noFiles | noSpace }
  }
  const resource = argumentKinds[argument.name()]
  if (resource === undefined) return nothing
  const found = await names(resource, place, options)
  return { candidates: found.filter((name) => !place.operands.includes(name)).map((text) => ({ text })), bits: noFiles }
}

async function names(resource: Resource, place: Place, options: Options): Promise<readonly string[]> {
  return onSession(place, options, async ({ client, namespace }) => {
    const { items } = await client.list<KubeObject>(resource, { ...(resource.namespaced && { namespace }), timeoutMs: answerMs, once: true })
    return items.map(({ metadata }) => metadata.name).sort()
  })
}

async function containersOf(place: Place, options: Options): Promise<readonly string[]> {
  const [name = ''] = place.operands
  return onSession(place, options, async ({ client, namespace }) => {
    const { spec } = await client.get<Rollout>(rollouts, { namespace, name }, { timeoutMs: answerMs, once: true })
    const { containers = [], initContainers = [] } = spec.template?.spec ?? {}
    return [...containers, ...initContainers].map((container) => container.name)
  })
}

async function onSession<T>(place: Place, { name, surroundings }: Options, work: (session: Opened) => Promise<T>): Promise<T> {
  const { openSession } = await import('../session.ts')
  const session = await openSession(place.flags, name, { ...surroundings, stderr: { write: () => true } })
  try {
    return await work(session)
  } finally {
    await session.close()
  }
}

async function contexts({ flags }: Place, { surroundings }: Options): Promise<readonly string[]> {
  const { contextNames, usualPaths } = await import('../../kube/kubeconfig.ts')
  const path = flags['kubeconfig']
  return contextNames(typeof path === 'string' ? [path] : usualPaths(surroundings.env))
}
