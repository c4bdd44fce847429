// Runs the browser story against a platform that is already up; see e2e/platform.ts for what it reads from the environment.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['e2e/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    bail: 1,
    sequence: { concurrent: false },
  },
});
