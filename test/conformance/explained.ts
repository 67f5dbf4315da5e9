// Where the sandbox differs from the real server and is meant to.
import { type Difference, type Explanation, explains } from './compare.ts'

export const explanations: readonly Explanation[] = [
  { topic: 'discovery', request: /version/, path: /^body\.platform$/, because: 'each runs on the platform that it runs on' },
  {
    topic: 'discovery',
    request: /version/,
    path: /^body\.gitVersion$/,
    because: 'the sandbox says that it is one, beside the version that it is like',
  },
  { topic: 'discovery', request: /openapi\/v3$/, path: /content-type/, because: 'a list in JSON is called that, and not a text' },
  {
    topic: 'errors',
    rule: /deep bodies/,
    because: 'objects nested deeper than 1,000 levels are refused, where the real server allows 10,000; no kind is as deep',
  },
  { topic: 'errors', request: /POST \/apis\/apps$/, because: 'documents are only read; the real server answers a POST to some as if it were a GET' },
  { topic: 'metadata', request: /roles$/, path: /managedFields$/, because: 'an empty list of rules is owned by nobody' },
  { topic: 'patches', rule: /patches of Pods/, because: "the node of a Pod may be written into it, since the sandbox's node takes Pods so" },
  { topic: 'applies', path: /managedFields\.\d\.time$/, because: 'the real server forgets the time of what is applied to a scale' },
  {
    topic: 'subresources',
    rule: /scale that cannot/,
    path: /message$/,
    because: 'a Scale has no field managers; they are those of the object that is scaled',
  },
  { topic: 'subresources', rule: /tokens/, path: /managedFields$/, because: 'a token is kept nowhere, and nobody owns its fields' },
  { topic: 'subresources', rule: /tokens/, path: /token\.alg$/, because: 'signed with a key on a curve, which is made in a tenth of the time' },
  {
    topic: 'subresources',
    request: /ephemeralcontainers/,
    because: 'pods are processes of this machine: debuggers are attached to them without Kubernetes',
  },
  {
    topic: 'crds',
    path: /message|causes/,
    rule: /values are checked/,
    because: 'the real server takes 0 for a factor that is not positive, which is a mistake',
  },
  { topic: 'crds', rule: /status and generation/, path: /message$/, because: 'the path of a field is told whole, in a status as well' },
  { topic: 'crds', rule: /another kind or version/, path: /message$|causes/, because: 'of an object of the wrong kind nothing else is told' },
  { topic: 'crds', rule: /another kind or version/, path: /warning/, because: 'what has the wrong type is refused, and not called unknown as well' },
  { topic: 'crds', rule: /must be structural/, path: /message$/, because: 'the compiler of rules tells of wrong syntax in words of its own' },
  { topic: 'access', rule: /who is nobody/, because: 'nobody without a token is known to a sandbox, not even as anonymous' },
  { topic: 'access', rule: /speaking for others/, because: 'refused as everything is, with a Status and not with a text' },
  {
    topic: 'small',
    request: /services\/kubernetes/,
    because: 'addresses of the cluster lead nowhere in a sandbox, and the Service of its server would',
  },
  { topic: 'small', rule: /Nodes/, path: /taints$/, because: 'nothing is scheduled by taints, and no controller would take them away again' },
]

export function unexplained(differences: readonly Difference[]): readonly Difference[] {
  return differences.filter((difference) => !explanations.some((explanation) => explains(explanation, difference)))
}
