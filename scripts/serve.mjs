/// A small static server for built pages. Its Content-Security-Policy is the strictest one that
/// Masklet supports.
/// Usage: node scripts/serve.mjs FOLDER [--port N] [--mount /prefix=FOLDER]…
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { runMain, StepError, say } from "./setup/log.mjs";

export const contentSecurityPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

/** Reads files at each request, so that a new build needs no new server. */
const options = {
  dev: true,
  etag: true,
  setHeaders(response) {
    response.setHeader("Content-Security-Policy", contentSecurityPolicy);
    response.setHeader("X-Content-Type-Options", "nosniff");
  },
};

async function requestHandler(folder, mounts) {
  // Imported late: `npm start` loads this file before it has installed the packages.
  const { default: sirv } = await import("sirv");
  const sites = [...mounts, ["", folder]].map(([prefix, path]) => [prefix, sirv(path, options)]);
  return (request, response) => {
    const [prefix, answer] = sites.find(([prefix]) => request.url.startsWith(`${prefix}/`));
    request.url = request.url.slice(prefix.length);
    answer(request, response);
  };
}

/**
 * Serves `folder` on `port`, or on the next free port unless `portIsFixed`. Resolves to
 * { server, url }.
 * @param {string} folder
 * @param {{ port?: number, portIsFixed?: boolean, mounts?: string[][] }} [options] mounts: pairs of
 *   address prefix and folder
 */
export async function serve(folder, { port = 4173, portIsFixed = false, mounts = [] } = {}) {
  const server = createServer(await requestHandler(folder, mounts));
  return new Promise((done, failed) => {
    let candidate = port;
    server.on("error", (error) => {
      if (error.code === "EADDRINUSE" && !portIsFixed && candidate < port + 20)
        server.listen(++candidate, "127.0.0.1");
      else
        failed(
          new StepError(
            `The server could not listen on port ${candidate}: ${error.message}`,
            "choose another with --port N",
          ),
        );
    });
    server.on("listening", () =>
      done({ server, url: `http://localhost:${server.address().port}/` }),
    );
    server.listen(candidate, "127.0.0.1");
  });
}

async function main() {
  const args = process.argv.slice(2);
  const mounts = [];
  let port = 4173;
  let folder = null;
  while (args.length > 0) {
    const arg = args.shift();
    if (arg === "--port") port = Number(args.shift());
    else if (arg === "--mount") mounts.push(args.shift().split(/=(.*)/s, 2));
    else folder = arg;
  }
  if (!folder)
    throw new StepError("The folder is missing.", "node scripts/serve.mjs FOLDER [--port N]");
  const { url } = await serve(folder, { port, portIsFixed: true, mounts });
  say(`${folder} at ${url}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await runMain(main);
