import { defineConfig } from 'vitest/config';

// Loading aws-cdk-lib dominates the run, and synthesis is slow on a small machine. The files share
// what is loaded, since no test changes a module.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
