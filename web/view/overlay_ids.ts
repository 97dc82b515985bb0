import type { IdMap, OverlayInstance, Stacking } from "./overlay_renderer.js";

/** One byte per entry if the indices fit, else two. */
function allocate(
  pixels: number,
  instanceCount: number,
  old: IdMap["ids"] | undefined,
): IdMap["ids"] {
  const bytes = instanceCount <= 0xff ? 1 : 2;
  if (old?.length === pixels && old.BYTES_PER_ELEMENT === bytes) return old.fill(0);
  return bytes === 1 ? new Uint8Array(pixels) : new Uint16Array(pixels);
}

function subsample(map: IdMap, scale: number): IdMap {
  const width = Math.ceil(map.width / scale);
  const height = Math.ceil(map.height / scale);
  const ids = allocate(width * height, map.ids instanceof Uint8Array ? 1 : 0x100, undefined);
  for (let y = 0; y < height; y += 1) {
    const row = y * scale * map.width;
    for (let x = 0; x < width; x += 1) ids[y * width + x] = map.ids[row + x * scale]!;
  }
  return { ids, width, height, scale };
}

/**
 * Indices in the order of painting, from bottom to top. The input is sorted by score, best first.
 * Of equal areas, the better score is on top.
 */
export function paintOrder(instances: readonly OverlayInstance[], onTop: Stacking): number[] {
  const order = instances.map((_, index) => index).reverse();
  if (onTop === "smallest") order.sort((a, b) => instances[b]!.mask.area - instances[a]!.mask.area);
  return order;
}

/**
 * Paints the masks into one map in the given order. The last mask owns a shared pixel. The maximum
 * is 65,535 instances. The array of `previous` is reused if it fits.
 */
export function paintIds(
  instances: readonly OverlayInstance[],
  order: readonly number[],
  width: number,
  height: number,
  maxSidePx: number,
  previous?: IdMap,
): IdMap {
  const reusable = previous?.scale === 1 ? previous.ids : undefined;
  const ids = allocate(width * height, instances.length, reusable);
  for (const index of order) {
    if (index < 0xffff) instances[index]!.mask.paint(ids, width, index + 1);
  }
  const map = { ids, width, height, scale: 1 };
  const scale = Math.ceil(Math.max(width, height) / maxSidePx);
  return scale > 1 ? subsample(map, scale) : map;
}

/**
 * The index of the owner of source pixel (x, y), or of the nearest instance within `radiusPx`, else
 * -1.
 */
export function pickInstance(map: IdMap, x: number, y: number, radiusPx: number): number {
  const cx = Math.floor(x / map.scale);
  const cy = Math.floor(y / map.scale);
  const radius = Math.max(0, Math.round(radiusPx / map.scale));
  let found = 0;
  let nearest = radius * radius + 1;
  for (let py = Math.max(0, cy - radius); py <= Math.min(map.height - 1, cy + radius); py += 1) {
    for (let px = Math.max(0, cx - radius); px <= Math.min(map.width - 1, cx + radius); px += 1) {
      const id = map.ids[py * map.width + px]!;
      const distance = (px - cx) ** 2 + (py - cy) ** 2;
      if (id !== 0 && distance < nearest) {
        nearest = distance;
        found = id;
      }
    }
  }
  return found - 1;
}
