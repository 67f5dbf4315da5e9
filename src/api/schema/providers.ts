/** Where metrics come from, as `spec.metrics[].provider` of templates and runs. */
import { jobSpec } from './pods.ts'
import { anything, fields, flag, int32, int64, intOrString, list, open, record, type Schema, text, textMap, texts } from './schema.ts'

const authentication = record('How to sign in.', {
  basicAuth: record('By name and password.', {
    username: text('The name.'),
    password: text('The password; better taken from a Secret by an argument.'),
  }),
  oauth2: record('By OAuth 2 client credentials.', {
    tokenUrl: text('Where tokens are issued.'),
    clientId: text('The client.'),
    clientSecret: text('Its secret; better taken from a Secret by an argument.'),
    scopes: texts('Scopes to ask for.'),
  }),
  sigv4: record('By AWS Signature Version 4.', { region: text('AWS region.'), profile: text('AWS profile.'), roleArn: text('Role to assume.') }),
})

const headers = list('Request headers.', fields({ key: text('Its name.'), value: text('Its value; may contain arguments.') }, ['key', 'value']))

const prometheus = record('A PromQL query.', {
  address: text('URL of the server.'),
  query: text('The query; its result is `result`: a number, or a list of numbers.'),
  rangeQuery: record('Ask for a range instead of an instant.', {
    start: text('An expression that yields a time: now() - duration("1h").'),
    end: text('An expression that yields a time: now().'),
    step: text('Time between points: 1m.'),
  }),
  timeout: int64('Seconds until a query fails. 30 if absent.'),
  insecure: flag('Skip the check of the TLS certificate.'),
  headers,
  authentication,
})

const web = record(
  'An HTTP request whose answer is JSON.',
  {
    method: { type: 'string', description: 'GET if absent.', enum: ['GET', 'POST', 'PUT'] },
    url: text('Where to ask.'),
    headers,
    body: text('Request body, as text.'),
    jsonBody: anything('Request body, as JSON.'),
    timeoutSeconds: int64('Seconds until a request fails. 10 if absent.'),
    jsonPath: text('Which part of the answer is `result`: {$.status}. All of it if absent.'),
    insecure: flag('Skip the check of the TLS certificate.'),
    authentication,
  },
  ['url'],
)

const job = record('A Job; whether it completes is the measurement.', { metadata: open("The Job's labels and annotations."), spec: jobSpec }, [
  'spec',
])

const datadog = record('Datadog.', {
  apiVersion: { type: 'string', description: 'v1 if absent.', enum: ['v1', 'v2'] },
  query: text('The query.'),
  queries: textMap('v2: queries by name, for `formula`.'),
  formula: text('v2: what to make of `queries`.'),
  aggregator: text('v2: how to make one number of a series.'),
  interval: text('How far back to look. 5m if absent.'),
  requestTimeout: text('How long a request may take.'),
  secretRef: record('The Secret with address and keys.', {
    name: text('Its name.'),
    namespaced: flag("In the run's namespace rather than the controller's."),
  }),
})

const period = intOrString('Seconds per data point.')
const cloudWatch = record(
  'Amazon CloudWatch.',
  {
    interval: text('How far back to look. 5m if absent.'),
    metricDataQueries: list(
      'The queries.',
      fields({
        id: text('Its name in expressions and in `result`.'),
        expression: text('Metric mathematics, or SQL.'),
        label: text('For people.'),
        period,
        returnData: flag('Whether it is in `result`.'),
        metricStat: record('A metric and how to sum it up.', {
          metric: record('The metric.', {
            namespace: text('Its namespace.'),
            metricName: text('Its name.'),
            dimensions: list('Its dimensions.', fields({ name: text('Name.'), value: text('Value.') })),
          }),
          period,
          stat: text('Average, Sum, p99 …'),
          unit: text('Unit of the data.'),
        }),
      }),
    ),
  },
  ['metricDataQueries'],
)

const scope = record('Where and when.', {
  scope: text('What to compare.'),
  region: text('Where.'),
  step: int32('Seconds per data point.'),
  start: text('From when.'),
  end: text('Until when.'),
})
const kayenta = record('A Kayenta canary analysis.', {
  address: text('URL of Kayenta.'),
  application: text('Application.'),
  canaryConfigName: text('Canary configuration.'),
  metricsAccountName: text('Account for metrics.'),
  configurationAccountName: text('Account for the configuration.'),
  storageAccountName: text('Account for results.'),
  threshold: record('Scores.', { pass: int64('From here on: Successful.'), marginal: int64('Below: Failed.') }),
  scopes: list('What to compare.', fields({ name: text('Name.'), controlScope: scope, experimentScope: scope }, ['name'])),
})

const address = text('URL of the server.')
const query = text('The query.')

export const provider: Schema = record('Where the value comes from: exactly one of these.', {
  prometheus,
  web,
  job,
  datadog,
  newRelic: record('New Relic.', { profile: text('Name of the Secret.'), query: text('NRQL.'), timeout: int64('Seconds.') }, ['query']),
  wavefront: record('Wavefront.', { address, query }),
  cloudWatch,
  graphite: record('Graphite.', { address, query }),
  influxdb: record('InfluxDB.', { profile: text('Name of the Secret.'), query: text('Flux.') }),
  skywalking: record('Apache SkyWalking.', { address, query, interval: text('How far back to look.') }),
  kayenta,
  plugin: open('By name: spillway/edge for what the edges count, or a plugin of yours. Values are its configuration.'),
})
