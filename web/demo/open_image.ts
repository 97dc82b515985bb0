/** The image on the stage. */
export interface OpenImage {
  readonly image: ImageBitmap;
  readonly name: string;
}
