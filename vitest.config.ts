import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/web/**/*.test.ts"],
    environment: "node",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Two at most: the machine this must pass on has two cores, and ONNX Runtime brings threads of its own.
    maxWorkers: 2,
    reporters: process.env.MASKLET_REPORT
      ? ["default", ["json", { outputFile: process.env.MASKLET_REPORT }]]
      : ["default"],
  },
});
