import type { Topic } from './script.ts'
import { crud } from './topics/crud.ts'
import { discovery } from './topics/discovery.ts'
import { lists } from './topics/lists.ts'
import { metadata } from './topics/metadata.ts'
import { watches } from './topics/watches.ts'

/** In this order, each in a namespace of its own. */
export const topics: readonly Topic[] = [discovery, crud, metadata, lists, watches]
