import { openEndpointsController } from '../../../src/sandbox/controllers/endpoints/endpointsController.ts'
import { openEndpointSliceController } from '../../../src/sandbox/controllers/endpoints/slicesController.ts'
import { compareWithRecorded } from './scenario/compare.ts'
import { serviceScenarios } from './scenario/services.ts'

compareWithRecorded('services', serviceScenarios, () => [openEndpointSliceController(), openEndpointsController()])
