import type { RgbaImage } from "../base/image.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { PromptFrame } from "../families/prompt/points.js";
import { type Feeds, KeptTensor } from "../runtime/feed.js";

/** An image and its embedding. */
export interface EncodedImage {
  readonly id: string;
  /** The pixels: crops need them, and so does a new embedding after a lost device. */
  readonly image: RgbaImage;
  /** Its preprocessing. */
  readonly preprocessing: Preprocessing;
  readonly frame: PromptFrame;
  /** Inputs of the decoder that depend on the image alone. */
  feeds: Feeds;
  /** Number of calls that use it. Above 0, it must stay in the cache. */
  users: number;
}

/** Frees the embedding. */
export async function releaseFeeds(feeds: Feeds): Promise<void> {
  await Promise.all(
    Object.values(feeds).map((feed) => (feed instanceof KeptTensor ? feed.dispose() : undefined)),
  );
}

/** Whether the embedding was lost with its device. */
export function areLost(feeds: Feeds): boolean {
  return Object.values(feeds).some((feed) => feed instanceof KeptTensor && feed.lost);
}

/** Encoded images by the digest of their pixels. The least recently used goes first. */
export class ImageCache {
  /** In order of use, the most recent last. */
  private readonly encodedImages = new Map<string, EncodedImage>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.encodedImages.size;
  }

  /** Returns the image and marks it as used. */
  get(id: string): EncodedImage | undefined {
    const encoded = this.encodedImages.get(id);
    if (!encoded) return undefined;
    this.encodedImages.delete(id);
    this.encodedImages.set(id, encoded);
    return encoded;
  }

  /** Adds an image and removes the oldest ones above the limit. */
  async add(encoded: EncodedImage): Promise<void> {
    this.encodedImages.set(encoded.id, encoded);
    await this.shrink(this.capacity);
  }

  async clear(): Promise<void> {
    await this.shrink(0);
  }

  private async shrink(capacity: number): Promise<void> {
    for (const [id, { feeds, users }] of this.encodedImages) {
      if (this.encodedImages.size <= capacity) return;
      if (users > 0) continue;
      this.encodedImages.delete(id);
      await releaseFeeds(feeds);
    }
  }
}
