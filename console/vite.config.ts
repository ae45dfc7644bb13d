import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/** `npm run build:console`, or `vite console` beside a running `sluice up` to work on the pages. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [vue()],
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // Data URLs would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
  server: {
    proxy: {
      '/api': { target: 'http://127.0.0.1:7433', changeOrigin: true },
      '/v1': { target: 'http://127.0.0.1:7433', changeOrigin: true },
      '/blobs': { target: 'http://127.0.0.1:7433', changeOrigin: true },
    },
  },
})
