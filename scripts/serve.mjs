/// A small static server for built pages. Its Content-Security-Policy is the strictest one that
/// Masklet supports.
/// Usage: node scripts/serve.mjs FOLDER [--port N] [--mount /prefix=FOLDER]… [--print]
import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { runMain, StepError, say } from "./setup/log.mjs";

export const contentSecurityPolicy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

const mimeTypes = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".mjs": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".webp": "image/webp",
};

/** The file of a request path, or null. It is always inside the mapped folder. */
function fileOf(urlPath, folder, mounts) {
  for (const [prefix, mounted] of [...mounts, ["/", folder]]) {
    if (!urlPath.startsWith(prefix)) continue;
    const root = resolve(mounted);
    const path = normalize(join(root, urlPath.slice(prefix.length)));
    if (path !== root && !path.startsWith(root + sep)) return null;
    try {
      if (statSync(path).isFile()) return path;
      const index = join(path, "index.html");
      return statSync(index).isFile() ? index : null;
    } catch {
      return null;
    }
  }
  return null;
}

function answer(request, response, folder, mounts) {
  let urlPath;
  try {
    urlPath = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  } catch {
    response.writeHead(400).end("bad request\n");
    return;
  }
  const path =
    request.method === "GET" || request.method === "HEAD" ? fileOf(urlPath, folder, mounts) : null;
  if (!path) {
    response.writeHead(404, { "Content-Type": "text/plain" }).end("not found\n");
    return;
  }
  response.writeHead(200, {
    "Content-Type": mimeTypes[extname(path).toLowerCase()] ?? "application/octet-stream",
    "Content-Length": statSync(path).size,
    "Content-Security-Policy": contentSecurityPolicy,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
  });
  if (request.method === "HEAD") response.end();
  else createReadStream(path).pipe(response);
}

/**
 * Serves `folder` on `port`, or on the next free port unless `portIsFixed`. Resolves to
 * { server, url }.
 * @param {string} folder
 * @param {{ port?: number, portIsFixed?: boolean, mounts?: string[][] }} [options] mounts: pairs of
 *   address prefix and folder
 */
export function serve(folder, { port = 4173, portIsFixed = false, mounts = [] } = {}) {
  const server = createServer((request, response) => answer(request, response, folder, mounts));
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
