import { defineConfig } from 'vitest/config'

/** Beside browsers that draw in software everything takes its time, and a limit that is not reached costs nothing. */
const patience = {
  testTimeout: 300_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 60_000 } },
}

// Without `import`: it would reach Node, whose require() then takes the ES module of packages that have both.
const conditions = ['simyard-source', 'module']
const beside = ['packages/*/src/**', 'apps/*/src/**', 'apps/*/pages/**']

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: beside.map((folder) => `${folder}/*.test.ts`),
          exclude: ['**/*.slow.test.ts'],
          testTimeout: 20_000,
          // They share nothing but modules, whose reading takes as long as the tests.
          isolate: false,
          // By itself vitest leaves one core idle, which is half of a small machine.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'slow',
          include: beside.map((folder) => `${folder}/*.slow.test.ts`),
          ...patience,
          isolate: false,
          // The same order as e2e, so that there is no gap between them.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: ['**/*.alone.test.ts'],
          ...patience,
          // Robots take their time and leave the cores to another file; more of them than two would wait for each other.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e-alone',
          include: ['e2e/**/*.alone.test.ts'],
          ...patience,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
