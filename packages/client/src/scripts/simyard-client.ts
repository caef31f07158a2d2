// The whole library as one module, for pages without a bundler.
export * from '../index.js'
