import { headLimitMs } from "../base/limits.js";
import { sha256Hex } from "./sha256.js";

/** The number is the version of the layout. Entries of another version are never read. */
const cacheName = "masklet-models-1";

const digestHeader = "x-masklet-sha256";

/**
 * Response headers that identify the version of a file. Servers of another origin may hide some.
 */
const validators = ["etag", "last-modified", "content-length"] as const;

/**
 * Finds a model of an earlier download by URL and digest. An entry whose bytes do not match their
 * stored digest is removed. Without an expected digest, a HEAD request asks the server whether the
 * file is unchanged. If the server is unreachable or slow, the cached file counts as current. Never
 * throws: a missing or broken Cache API means an empty cache.
 */
export async function findCachedModel(
  address: URL,
  expected: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  try {
    const cache = await openCache();
    const key = cacheKey(address, expected);
    const entry = await cache?.match(key);
    if (!cache || !entry) return undefined;
    const bytes = new Uint8Array(await entry.clone().arrayBuffer());
    const intact = (await sha256Hex(bytes)) === entry.headers.get(digestHeader);
    if (intact && (expected !== undefined || (await isCurrent(address, entry, signal))))
      return bytes;
    await cache.delete(key);
  } catch {
    // Storage may be blocked or broken. The model is then downloaded.
  }
  return undefined;
}

/**
 * Stores a verified model. It ignores a full or blocked storage: the next call downloads again.
 */
export async function cacheModel(
  address: URL,
  expected: string | undefined,
  bytes: Uint8Array,
  sha256: string,
  headers: Headers,
): Promise<void> {
  try {
    const kept: Record<string, string> = {
      [digestHeader]: sha256,
      "content-type": "application/octet-stream",
    };
    for (const name of validators) {
      const value = headers.get(name);
      if (value !== null) kept[`x-masklet-${name}`] = value;
    }
    const cache = await openCache();
    await cache?.put(
      cacheKey(address, expected),
      new Response(bytes as BodyInit, { headers: kept }),
    );
  } catch {
    // See above.
  }
}

async function openCache(): Promise<Cache | undefined> {
  const { caches } = globalThis as { caches?: CacheStorage };
  return typeof caches?.open === "function" ? caches.open(cacheName) : undefined;
}

/** A key of the Cache API must be an http URL. Nothing is ever fetched from this one. */
function cacheKey(address: URL, expected: string | undefined): string {
  const key = new URL("https://masklet.invalid/model");
  key.searchParams.set("url", address.href);
  key.searchParams.set("sha256", expected ?? "any");
  return key.href;
}

async function isCurrent(
  address: URL,
  entry: Response,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let head: Response;
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, headLimitMs);
  signal?.addEventListener("abort", end, { once: true });
  try {
    head = await fetch(address, { method: "HEAD", signal: ending.signal });
  } catch {
    return true;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
  }
  const known = validators.filter(
    (name) => head.headers.has(name) && entry.headers.has(`x-masklet-${name}`),
  );
  return (
    head.ok &&
    known.length > 0 &&
    known.every((name) => head.headers.get(name) === entry.headers.get(`x-masklet-${name}`))
  );
}
