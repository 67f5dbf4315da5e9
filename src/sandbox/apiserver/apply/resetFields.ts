import { emptySet, type FieldSet, setOf } from './fieldSet.ts'
import { fieldElement } from './pathElement.ts'

/** A kind, and the subresource through which it is written; '' for the main resource. */
export type Written = { readonly group: string; readonly kind: string; readonly hasStatus: boolean; readonly subresource: string }

const fields = (...paths: readonly string[]): FieldSet => setOf(...paths.map((path) => path.split('.').map(fieldElement)))
const status = fields('status')
const spec = fields('spec')
const specAndMetadata = fields('spec', 'metadata')

/** Kinds whose writes leave out something else than status or, through /status, spec. */
const exceptions: Readonly<Record<string, FieldSet>> = {
  'CertificateSigningRequest.certificates.k8s.io': fields('spec', 'status'),
  'CertificateSigningRequest.certificates.k8s.io/approval': fields('spec', 'status.certificate'),
  'CertificateSigningRequest.certificates.k8s.io/status': fields('spec', 'status.conditions'),
  'CustomResourceDefinition.apiextensions.k8s.io/status': specAndMetadata,
  'Deployment.apps/status': fields('spec', 'metadata.labels'),
  'FlowSchema.flowcontrol.apiserver.k8s.io/status': specAndMetadata,
  'Pod./status': fields('spec', 'metadata.deletionTimestamp', 'metadata.ownerReferences'),
  'PriorityLevelConfiguration.flowcontrol.apiserver.k8s.io/status': specAndMetadata,
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io/status': specAndMetadata,
  'VolumeAttachment.storage.k8s.io/status': specAndMetadata,
}

/** What such a write does not change, whatever it says, and nobody comes to own by it. */
export function resetFields({ group, kind, hasStatus, subresource }: Written): FieldSet {
  const exception = exceptions[`${kind}.${group}${subresource === '' ? '' : `/${subresource}`}`]
  if (exception !== undefined) return exception
  if (!hasStatus) return emptySet
  if (subresource === '') return status
  return subresource === 'status' ? spec : emptySet
}
