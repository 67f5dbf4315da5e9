import { autoscalerController } from '../../../src/sandbox/controllers/autoscaler/controller.ts'
import { deploymentController } from '../../../src/sandbox/controllers/deployment/controller.ts'
import { disruptionController } from '../../../src/sandbox/controllers/disruption/controller.ts'
import { replicaSetController } from '../../../src/sandbox/controllers/replicaSet/controller.ts'
import { boundScenarios } from './scenario/bounds.ts'
import { compareWithRecorded } from './scenario/compare.ts'

compareWithRecorded('bounds', boundScenarios, () => [autoscalerController, disruptionController, deploymentController, replicaSetController])
