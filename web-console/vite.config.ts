// Builds the console; in development it forwards the platform's paths to a running router.
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { precompress } from './precompress';

const platform = process.env.CLOUDPHONE_URL ?? 'http://localhost:30000';

export default defineConfig({
  plugins: [react(), precompress()],
  server: {
    proxy: {
      '/graphql': { target: platform, ws: true, changeOrigin: true },
      '/health': platform,
    },
  },
  build: {
    target: 'es2022',
    // The platform's content security policy lets fonts come from files only.
    assetsInlineLimit: (file) => (file.endsWith('.woff2') ? false : undefined),
    chunkSizeWarningLimit: 700,
  },
  worker: { format: 'es' },
  test: {
    environment: 'jsdom',
    globals: false,
    setupFiles: ['src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    css: false,
    restoreMocks: true,
  },
});
