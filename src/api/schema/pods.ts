/** Parts of other APIs that the schemas contain. */
import { fields, list, open, record, type Schema, text, textMap, texts } from './schema.ts'

export const labelSelector: Schema = record('Which pods, by their labels; all parts must hold.', {
  matchLabels: textMap('Labels that must have these values.'),
  matchExpressions: list(
    'Conditions on labels.',
    fields(
      {
        key: text('The label.'),
        operator: text('In, NotIn, Exists or DoesNotExist.'),
        values: texts('For In and NotIn: the values meant. Else empty.'),
      },
      ['key', 'operator'],
    ),
  ),
})

/** Fields of pods are not spelled out: the API server checks them when a ReplicaSet or a Job is made, and newer ones are kept as they are. */
export const podTemplate: Schema = open('The pods, as in a Deployment: metadata and spec of a PodTemplateSpec.')
export const jobSpec: Schema = open('The Job: a batch/v1 JobSpec.')

export const addedMetadata: Schema = record('Labels and annotations to add.', {
  labels: textMap('Labels to add.'),
  annotations: textMap('Annotations to add.'),
})
