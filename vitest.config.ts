import { defineConfig } from "vitest/config";

const report = process.env.MASKLET_REPORT;

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: "web", include: ["tests/web/**/*.test.ts"], exclude: [] } },
      { extends: true, test: { name: "pack", include: ["tests/pack/**/*.test.ts"], exclude: [] } },
    ],
    environment: "node",
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // Two at most: the machine this must pass on has two cores, and ONNX Runtime brings threads of
    // its own.
    maxWorkers: 2,
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
