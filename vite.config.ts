/// The demo page: `vite` serves it from source, `vite build` puts it into dist_demo/
/// (scripts/serve.mjs serves that, with the Content-Security-Policy).
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const fromRoot = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: fromRoot("web/demo"),
  publicDir: fromRoot("web/demo/public"),
  base: "./",
  worker: { format: "es" },
  // Pre-bundling would move ONNX Runtime's modules away from the wasm files that they look for
  // beside themselves.
  optimizeDeps: { exclude: ["onnxruntime-web"] },
  build: {
    target: "es2022",
    outDir: fromRoot("dist_demo"),
    emptyOutDir: true,
    // Under the policy above neither data: URLs nor an inline script may load.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
  },
  server: { fs: { allow: [fromRoot(".")] } },
});
