import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '@simyard/testkit'
import * as ts from 'typescript'
import { expect, test } from 'vitest'

const folder = join(repositoryRoot, 'apps/web-view')
const read = (path: string) => readFileSync(join(folder, path), 'utf8')
const source = (path: string) => ts.createSourceFile(path, read(path), ts.ScriptTarget.Latest, true)
const readme = read('README.md')

/** Names in the first columns of all tables of a chapter; of `run(…)` the name. */
function documented(chapter: string): string[] {
  const text = readme.split(`\n## ${chapter}\n`)[1]!.split('\n## ')[0]!
  return [...text.matchAll(/^\| `([\w-]+)/gm)].map(([, name]) => name!).sort()
}

function everything<Node extends ts.Node>(root: ts.Node, is: (node: ts.Node) => node is Node): Node[] {
  const found: Node[] = []
  const walk = (node: ts.Node) => {
    if (is(node)) found.push(node)
    node.forEachChild(walk)
  }
  walk(root)
  return found
}

/** The texts of a list that is a constant. */
function list(file: ts.SourceFile, name: string): string[] {
  const declaration = everything(file, ts.isVariableDeclaration).find((one) => one.name.getText() === name)!
  return everything(declaration, ts.isStringLiteral).map(({ text }) => text)
}

const element = source('src/element.ts')
/** Where the attributes of the view are read and set. */
const ofTheView = ['element.ts', 'show/show.ts', 'show/source.ts', 'status/status.ts', 'connection/live-run.ts']
  .map((path) => read(`src/${path}`))
  .join('\n')
const view = everything(element, ts.isClassDeclaration).find((one) => one.name?.text === 'SimyardView')!
const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Static
const ofTheBrowser = ['connectedCallback', 'disconnectedCallback', 'attributeChangedCallback']
const open = view.members.filter((one) => (ts.getCombinedModifierFlags(one) & hidden) === 0)
const names = (members: readonly ts.ClassElement[]) =>
  [...new Set(members.map(({ name }) => name?.getText() ?? ''))].filter((name) => !ofTheBrowser.includes(name)).sort()

test('the README has every attribute of the element, and no other', () => {
  const observed = everything(view, ts.isPropertyDeclaration).find(
    (one) => one.name.getText() === 'observedAttributes',
  )!
  const attributes = [
    ...list(source('src/show/source.ts'), 'SOURCES'),
    ...list(element, 'OPTIONS'),
    ...list(element, 'ASKED'),
    ...everything(observed, ts.isStringLiteral).map(({ text }) => text),
  ]
  const told = [...ofTheView.matchAll(/dataset\.(\w+)|toggleAttribute\('([\w-]+)'/g)].map(
    ([, data, attribute]) => attribute ?? `data-${data}`,
  )
  expect(documented('Attributes')).toEqual([...new Set([...attributes, ...told])].sort())
  // Whatever is looked at is also watched.
  const asked = [...ofTheView.matchAll(/(?:get|has)Attribute\('([\w-]+)'\)/g)].map(([, name]) => name!)
  expect(asked.filter((name) => !attributes.includes(name))).toEqual([])
  expect(asked.length).toBeGreaterThan(10)
})

test('the README has every tool, slot, property, method and event', () => {
  expect(documented('Tools')).toEqual(list(source('src/controls/toolbar.ts'), 'TOOLS').sort())

  const slots = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => [...read(`src/${path}`).matchAll(/slot="([\w-]+)"/g)])
    .map(([, name]) => name!)
  expect(documented('Slots')).toEqual([...new Set(slots)].sort())

  expect(documented('Properties')).toEqual(names(open.filter((one) => !ts.isMethodDeclaration(one))))
  expect(documented('Methods')).toEqual(names(open.filter(ts.isMethodDeclaration)))

  const events = everything(source('src/view-event.ts'), ts.isInterfaceDeclaration).find(
    (one) => one.name.text === 'ViewEvents',
  )!
  expect(documented('Events')).toEqual(events.members.map(({ name }) => (name as ts.StringLiteral).text).sort())
})

test('the README says which button a tool has', () => {
  const dresses = everything(source('src/controls/toolbar.ts'), ts.isVariableDeclaration).find(
    (one) => one.name.getText() === 'dresses',
  )!
  const labels = [...dresses.getText().matchAll(/^ {2}(\w+): \{.*?label: '([^']+)'/gm)].map(([, name, label]) => [
    name,
    label,
  ])
  const rows = [
    ...readme
      .split('\n## Tools\n')[1]!
      .split('\n## ')[0]!
      .matchAll(/^\| `(\w+)` +\| (.*?) +\|/gm),
  ]
  expect(rows.map(([, name, button]) => [name, button!.replace(', Pause', '')]).sort()).toEqual(labels.sort())
})
