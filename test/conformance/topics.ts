import type { Topic } from './script.ts'
import { access } from './topics/access.ts'
import { applies } from './topics/applies.ts'
import { controlled } from './topics/controlled.ts'
import { crds } from './topics/crds.ts'
import { crud } from './topics/crud.ts'
import { defaults } from './topics/defaults.ts'
import { deletion } from './topics/deletion.ts'
import { discovery } from './topics/discovery.ts'
import { errors } from './topics/errors.ts'
import { lists } from './topics/lists.ts'
import { metadata } from './topics/metadata.ts'
import { patches } from './topics/patches.ts'
import { podDefaults } from './topics/podDefaults.ts'
import { small } from './topics/small.ts'
import { subresources } from './topics/subresources.ts'
import { tables } from './topics/tables.ts'
import { watches } from './topics/watches.ts'

/** In this order, each in a namespace of its own. */
export const topics: readonly Topic[] = [
  discovery,
  crud,
  metadata,
  lists,
  watches,
  patches,
  applies,
  subresources,
  deletion,
  crds,
  tables,
  access,
  errors,
  podDefaults,
  defaults,
  small,
  controlled,
]
