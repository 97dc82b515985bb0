/// npm start: sets up, builds and serves the demo page. `npm start -- --port N` sets the port.
import { build } from "./build.mjs";
import { serve } from "./serve.mjs";
import { runMain, say } from "./setup/log.mjs";
import { inRoot } from "./setup/paths.mjs";
import { setUp } from "./setup/tools.mjs";

await runMain(async () => {
  const portIndex = process.argv.indexOf("--port");
  const port = portIndex > 0 ? Number(process.argv[portIndex + 1]) : 4173;
  await setUp("build");
  await build(["wasm", "lib", "demo"]);
  const { url } = await serve(inRoot("dist_demo"), { port });
  say("");
  say(`Masklet is at ${url}   (Ctrl-C stops it)`);
});
