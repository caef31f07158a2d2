import { defineConfig } from 'vite'

/** The embeddable bundle; readers of mesh files become chunks of their own, fetched when a world needs them. */
export default defineConfig({
  build: {
    target: 'es2022',
    emptyOutDir: false,
    sourcemap: false,
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: () => 'simyard-view.js' },
    rolldownOptions: { output: { chunkFileNames: 'simyard-view-[name]-[hash].js' } },
  },
})
