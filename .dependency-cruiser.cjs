const core =
  '^packages/(geometry|scene|physics|devices|simulation|protocol|fleet|rooms|stream|fossbot|frames|recording)/src'
const tests = '[.](test|bench)[.]ts$|^e2e/|^bench/|^packages/testkit/'

module.exports = {
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['simyard-source', 'import', 'types', 'default'],
      extensions: ['.ts', '.d.ts', '.js', '.mjs', '.json'],
    },
  },
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
      comment: 'Two files that need each other are one file, or hide a third.',
    },
    {
      name: 'packages-not-to-apps',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^apps/' },
      comment: 'Move the shared part into a package.',
    },
    {
      name: 'apps-not-to-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/', pathNot: `^apps/simyard/|${tests}` },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
      comment: 'Apps speak a protocol to each other. Only the command line (apps/simyard) puts them together.',
    },
    {
      name: 'core-without-node',
      severity: 'error',
      from: { path: core, pathNot: tests },
      to: { dependencyTypes: ['core'] },
      comment: 'This package also runs in a browser. Take what you need as an argument.',
    },
    {
      name: 'one-place-for-processes',
      severity: 'error',
      from: { pathNot: `^apps/simulation-server/src/sandbox/|^apps/simyard/src/daemon/|^scripts/|${tests}` },
      to: { path: '^(node:)?child_process$' },
      comment:
        'Processes of others are started by the sandbox only, so that limits always apply; the command line starts servers.',
    },
    {
      name: 'testkit-in-tests',
      severity: 'error',
      from: { pathNot: tests },
      to: { path: '^packages/testkit/' },
      comment: 'The testkit is for tests.',
    },
    {
      name: 'front-doors-only',
      severity: 'error',
      from: { path: '^(packages|apps)/([^/]+)/' },
      to: { path: '^(packages|apps)/([^/]+)/src/', pathNot: '^$1/$2/|/src/index[.]ts$' },
      comment: 'Other packages are imported by name, through their index.ts.',
    },
  ],
}
