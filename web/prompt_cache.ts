import type { PromptFrame } from "./families/prompt/points.js";
import { type Feeds, KeptTensor } from "./runtime/feed.js";
import type { RgbaImage } from "./types.js";

/** A picture and what the encoder made of it. */
export interface EncodedPicture {
  readonly id: string;
  /** Kept, because the embeddings go with a lost device and crops are made of it. */
  readonly image: RgbaImage;
  readonly frame: PromptFrame;
  /** The decoder's inputs that depend on the picture alone. */
  feeds: Feeds;
  /** Calls that work with it; it is not thrown out meanwhile. */
  users: number;
}

/** Frees what the encoder made. */
export async function releaseFeeds(feeds: Feeds): Promise<void> {
  await Promise.all(Object.values(feeds).map((feed) => (feed instanceof KeptTensor ? feed.dispose() : undefined)));
}

/** Whether the device took the embeddings with it. */
export function areLost(feeds: Feeds): boolean {
  return Object.values(feeds).some((feed) => feed instanceof KeptTensor && feed.lost);
}

/** Encoded pictures by the digest of their pixels, the least recently used one going first. */
export class PictureCache {
  /** In order of use, the latest last. */
  private readonly pictures = new Map<string, EncodedPicture>();

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.pictures.size;
  }

  /** The picture, which counts as used now. */
  get(id: string): EncodedPicture | undefined {
    const picture = this.pictures.get(id);
    if (!picture) return undefined;
    this.pictures.delete(id);
    this.pictures.set(id, picture);
    return picture;
  }

  /** Adds a picture and throws out what is too much. */
  async add(picture: EncodedPicture): Promise<void> {
    this.pictures.set(picture.id, picture);
    await this.shrink(this.capacity);
  }

  async clear(): Promise<void> {
    await this.shrink(0);
  }

  private async shrink(capacity: number): Promise<void> {
    for (const [id, { feeds, users }] of this.pictures) {
      if (this.pictures.size <= capacity) return;
      if (users > 0) continue;
      this.pictures.delete(id);
      await releaseFeeds(feeds);
    }
  }
}
