import { deploymentController } from '../../../src/sandbox/controllers/deployment/controller.ts'
import { replicaSetController } from '../../../src/sandbox/controllers/replicaSet/controller.ts'
import { compareWithRecorded } from './scenario/compare.ts'
import { deploymentScenarios } from './scenario/deployments.ts'

compareWithRecorded('deployments', deploymentScenarios, () => [deploymentController, replicaSetController])
