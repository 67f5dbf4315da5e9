import { duplicate, forbidden, invalid, notSupported, required } from '../../fieldErrors.ts'
import { type Fields, fields, isFields, isSet, items, number, text } from '../fields.ts'
import { dnsLabel } from '../names.ts'
import { resourceRefErrors, volumeFieldRefErrors } from './environment.ts'
import { type Errors, requiredName, requiredText } from './rules.ts'
import { volumeSources } from './volumeSources.ts'

/** The mistakes of volumes, and the names of those that have none. */
export function checkedVolumes(volumes: readonly Fields[], path: string): { readonly errors: Errors; readonly names: ReadonlySet<string> } {
  const names = new Set<string>()
  const errors = []
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`
    const name = text(volume.name)
    const wrong = [...sourceErrors(volume, at), ...requiredName(dnsLabel, name, `${at}.name`)]
    if (names.has(name)) wrong.push(duplicate(`${at}.name`, name))
    if (wrong.length === 0) names.add(name)
    errors.push(...wrong)
  }
  return { errors, names }
}

function* sourceErrors(volume: Fields, path: string): Errors {
  const set = volumeSources.filter((name) => isFields(volume[name]))
  if (set.length === 0) yield required(path, 'must specify a volume type')
  for (const [index, name] of set.entries()) {
    const at = `${path}.${name}`
    if (index > 0) yield forbidden(at, 'may not specify more than 1 volume type')
    else yield* bodyErrors(name, fields(volume[name]), at)
  }
}

function* bodyErrors(name: string, source: Fields, path: string): Errors {
  switch (name) {
    case 'hostPath':
      return yield* hostPathErrors(source, path)
    case 'secret':
      yield* requiredText(source.secretName, `${path}.secretName`)
      return yield* filesErrors(source, path)
    case 'configMap':
      yield* requiredText(source.name, `${path}.name`)
      return yield* filesErrors(source, path)
    case 'nfs':
      yield* requiredText(source.server, `${path}.server`)
      yield* requiredText(source.path, `${path}.path`)
      if (!text(source.path).startsWith('/')) yield invalid(`${path}.path`, source.path, 'must be an absolute path')
      return
    case 'persistentVolumeClaim':
      return yield* requiredText(source.claimName, `${path}.claimName`)
    case 'downwardAPI':
      yield* modeErrors(source.defaultMode, `${path}.defaultMode`)
      for (const file of items(source.items)) yield* downwardFileErrors(file, path)
      return
    case 'projected':
      return yield* projectedErrors(source, path)
    case 'csi':
      return yield* requiredText(source.driver, `${path}.driver`)
    case 'ephemeral':
      if (!isFields(source.volumeClaimTemplate)) yield required(`${path}.volumeClaimTemplate`)
  }
}

const hostPathTypes = ['', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice']

function* hostPathErrors(source: Fields, path: string): Errors {
  if (text(source.path) === '') {
    yield required(`${path}.path`)
    return
  }
  yield* noBacksteps(source.path, `${path}.path`)
  const type = text(source.type)
  if (!hostPathTypes.includes(type)) yield notSupported(`${path}.type`, type, hostPathTypes.toSorted())
}

function* filesErrors(source: Fields, path: string): Errors {
  yield* modeErrors(source.defaultMode, `${path}.defaultMode`)
  for (const [index, file] of items(source.items).entries()) yield* keyToPathErrors(file, `${path}.items[${index}]`)
}

function* keyToPathErrors(file: Fields, path: string): Errors {
  yield* requiredText(file.key, `${path}.key`)
  yield* requiredText(file.path, `${path}.path`)
  yield* notReserved(file.path, `${path}.path`)
  yield* modeErrors(file.mode, `${path}.mode`)
}

/** The server does not say which file. */
function* downwardFileErrors(file: Fields, at: string): Errors {
  yield* requiredText(file.path, `${at}.path`)
  yield* notReserved(file.path, `${at}.path`)
  if (isFields(file.fieldRef)) yield* volumeFieldRefErrors(file.fieldRef, `${at}.fieldRef`)
  else if (isFields(file.resourceFieldRef)) {
    if (text(file.resourceFieldRef.containerName) === '') yield required(`${at}.resourceFieldRef.containerName`)
    else yield* resourceRefErrors(file.resourceFieldRef, `${at}.resourceFieldRef`)
  } else yield required(at, 'one of fieldRef and resourceFieldRef is required')
  yield* modeErrors(file.mode, `${at}.mode`)
}

function* projectedErrors(source: Fields, path: string): Errors {
  yield* modeErrors(source.defaultMode, `${path}.defaultMode`)
  for (const [index, each] of items(source.sources).entries()) {
    const at = `${path}.sources[${index}]`
    for (const name of ['secret', 'configMap']) {
      if (!isFields(each[name])) continue
      yield* requiredText(fields(each[name]).name, `${at}.${name}.name`)
      for (const [file, item] of items(fields(each[name]).items).entries()) yield* keyToPathErrors(item, `${at}.${name}.items[${file}]`)
    }
    if (isFields(each.serviceAccountToken)) yield* requiredText(each.serviceAccountToken.path, `${at}.serviceAccountToken.path`)
  }
}

function* modeErrors(mode: unknown, path: string): Errors {
  if (isSet(mode) && (number(mode) < 0 || number(mode) > 0o777))
    yield invalid(path, mode, 'must be a number between 0 and 0777 (octal), both inclusive')
}

function* noBacksteps(value: unknown, path: string): Errors {
  if (text(value).split('/').includes('..')) yield invalid(path, value, "must not contain '..'")
}

export function* descendingPath(value: unknown, path: string): Errors {
  if (text(value).startsWith('/')) yield invalid(path, value, 'must be a relative path')
  yield* noBacksteps(value, path)
}

function* notReserved(value: unknown, path: string): Errors {
  yield* descendingPath(value, path)
  if (text(value).startsWith('..') && !text(value).startsWith('../')) yield invalid(path, value, "must not start with '..'")
}
