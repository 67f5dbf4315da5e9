import t from 'tap'
import { renderTemplate } from '../../../src/core/analysis/jsonPath/evaluate.ts'
import { parseTemplate } from '../../../src/core/analysis/jsonPath/parse.ts'

const document = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'shop' } }, spec: { replicas: 3, paused: true } },
    { metadata: { name: 'b' }, spec: { replicas: 5, ports: [80, 443] } },
    { metadata: { name: 'c' }, spec: { replicas: 5, note: null } },
  ],
}

t.test('as kubectl -o jsonpath prints', (t) => {
  const rows: readonly (readonly [template: string, text: string])[] = [
    ['{.kind}', 'List'],
    ['{$.kind}', 'List'],
    ['{@.kind}', 'List'],
    ['.kind', 'List'],
    ['kind is {.kind}!', 'kind is List!'],
    ['{.items[0].metadata.name}', 'a'],
    ['{.items[-1].metadata.name}', 'c'],
    ['{.items[*].metadata.name}', 'a b c'],
    ['{.items[0:2].metadata.name}', 'a b'],
    ['{.items[::2].metadata.name}', 'a c'],
    ['{.items[0,2].metadata.name}', 'a c'],
    ['{.items[1:].metadata.name}', 'b c'],
    ["{.items[0]['metadata','spec']}", '{"name":"a","labels":{"app.kubernetes.io/name":"shop"}} {"replicas":3,"paused":true}'],
    ['{..name}', 'a b c'],
    ['{.items[*].metadata.labels.app\\.kubernetes\\.io/name}', 'shop'],
    ["{.items[*].metadata.labels['app.kubernetes.io/name']}", 'shop'],
    ['{.items[?(@.spec.replicas==5)].metadata.name}', 'b c'],
    ['{.items[?(@.spec.replicas>3)].metadata.name}', 'b c'],
    ['{.items[?(@.metadata.name!="b")].metadata.name}', 'a c'],
    ["{.items[?(@.metadata.name=='b')].spec.ports}", '[80,443]'],
    ['{.items[?(@.spec.paused)].metadata.name}', 'a'],
    ['{.items[?(@.spec.paused==true)].metadata.name}', 'a'],
    ['{range .items[*]}{.metadata.name}{"\\t"}{.spec.replicas}{"\\n"}{end}', 'a\t3\nb\t5\nc\t5\n'],
    ['{range .items[*]}{.metadata.name}={$.kind} {end}', 'a=List b=List c=List '],
    ['{range .items[1]}{range .spec.ports[*]}<{@}>{end}{end}', '<80><443>'],
    ['{.nothing.here}', ''],
    ['{.items[9].metadata.name}', ''],
    ['{.items[2].spec.note}', ''],
    ['{.items[0].spec.*}', '3 true'],
    ['{.constructor}{.__proto__}', ''],
  ]
  for (const [template, text] of rows) t.equal(renderTemplate(parseTemplate(template), document), text, template)
  t.end()
})

t.test('what is wrong is said with its place', (t) => {
  for (const [template, message] of [
    ['{.items[}', /neither a number.* at character 9/],
    ['{.items', /no \} at character/],
    ['{range .items[*]}x', /a \{range\} without \{end\}/],
    ['{end}', /an \{end\} without \{range\}/],
    ['{"open}', /a " that is not closed/],
    ['{.items[?(@.a=="b"]}', /no \)/],
    ['{.items[::0]}', /a step must be above 0/],
    ['{}', /^$/],
  ] as const) {
    if (message.source === '^$') t.same(parseTemplate(template), [])
    else t.throws(() => parseTemplate(template), { message }, template)
  }
  t.end()
})
