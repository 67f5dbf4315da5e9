import { openRootCaPublisher, serviceAccountController } from '../../../src/sandbox/controllers/namespaceContent.ts'
import { namespaceController } from '../../../src/sandbox/controllers/namespaces.ts'
import { compareWithRecorded } from './scenario/compare.ts'
import { namespaceScenarios } from './scenario/namespaces.ts'

compareWithRecorded('namespaces', namespaceScenarios, () => [namespaceController, serviceAccountController, openRootCaPublisher('PEM')])
