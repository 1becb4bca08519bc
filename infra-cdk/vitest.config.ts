import { defineConfig } from 'vitest/config';

// Loading aws-cdk-lib dominates the run, and synthesis is slow on a small machine.
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
});
