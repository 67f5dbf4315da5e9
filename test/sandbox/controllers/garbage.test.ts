import { deploymentController } from '../../../src/sandbox/controllers/deployment/controller.ts'
import { openGarbageCollector } from '../../../src/sandbox/controllers/garbage/controller.ts'
import { replicaSetController } from '../../../src/sandbox/controllers/replicaSet/controller.ts'
import { compareWithRecorded } from './scenario/compare.ts'
import { deletionScenarios } from './scenario/deletions.ts'

compareWithRecorded('deletions', deletionScenarios, () => [deploymentController, replicaSetController, openGarbageCollector()])
