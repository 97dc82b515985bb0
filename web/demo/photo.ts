export interface Photo {
  readonly image: ImageBitmap;
  readonly name: string;
}
