import type { RgbaImage } from "../base/image.js";
import type { Preprocessing } from "../base/preprocessing.js";
import type { PromptFrame } from "../families/prompt/points.js";
import { type Feeds, KeptTensor } from "../runtime/feed.js";

/** An image and what the encoder made of it. */
export interface EncodedImage {
  readonly id: string;
  /** Kept, because the embeddings go with a lost device and crops are made of it. */
  readonly image: RgbaImage;
  /** What was done to it. */
  readonly preprocessing: Preprocessing;
  readonly frame: PromptFrame;
  /** The decoder's inputs that depend on the image alone. */
  feeds: Feeds;
  /** Calls that work with it; it is not thrown out meanwhile. */
  users: number;
}

/** Frees what the encoder made. */
export async function releaseFeeds(feeds: Feeds): Promise<void> {
  await Promise.all(
    Object.values(feeds).map((feed) => (feed instanceof KeptTensor ? feed.dispose() : undefined)),
  );
}

/** Whether the device took the embeddings with it. */
export function areLost(feeds: Feeds): boolean {
  return Object.values(feeds).some((feed) => feed instanceof KeptTensor && feed.lost);
}

/** Encoded images by the digest of their pixels, the least recently used one going first. */
export class ImageCache {
  /** In order of use, the latest last. */
  private readonly encodedImages = new Map<string, EncodedImage>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.encodedImages.size;
  }

  /** The image, which counts as used now. */
  get(id: string): EncodedImage | undefined {
    const encoded = this.encodedImages.get(id);
    if (!encoded) return undefined;
    this.encodedImages.delete(id);
    this.encodedImages.set(id, encoded);
    return encoded;
  }

  /** Adds an image and throws out what is too much. */
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
