import type { SegmentResult } from "../../index.js";

export interface CameraEvents {
  /** Segments one frame. */
  segment(frame: ImageBitmap): Promise<SegmentResult>;
  /** A frame and its own result; the frame stays open until the next one is shown. */
  onResult(frame: ImageBitmap, result: SegmentResult, framesPerSecond: number): void;
  /** A new frame of the video, for smooth display between results. */
  onVideoFrame(video: HTMLVideoElement): void;
  onError(error: unknown): void;
  /** The camera was unplugged or taken away. */
  onEnded(): void;
}

/** All constraints are optional, so OverconstrainedError means that no camera exists. */
const refusals: Readonly<Record<string, string>> = {
  NotAllowedError: "Access to the camera is blocked. Allow it in the address bar, then try again.",
  NotFoundError: "This device has no camera.",
  OverconstrainedError: "This device has no camera.",
  NotReadableError: "Another program is using the camera. Close it, then try again.",
};

/** A plain sentence for a rejection of `Camera.start`, or the error itself if unknown. */
export function explainRefusal(error: unknown): unknown {
  // By name: Safari's OverconstrainedError is neither an Error nor a DOMException.
  const { name = "" } = Object(error) as Partial<Error>;
  return refusals[name] ?? error;
}

/** The frame rate is the mean over this many results. */
const windowFrames = 12;

/** Resolves at the video's next frame. */
function nextFrame(video: HTMLVideoElement): Promise<void> {
  return new Promise((resolve) => {
    if ("requestVideoFrameCallback" in video) video.requestVideoFrameCallback(() => resolve());
    else requestAnimationFrame(() => resolve());
  });
}

/**
 * Live camera: segments the newest frame, one at a time. A frame that arrives during a run is shown
 * or dropped, never queued, so the delay does not grow on a slow machine.
 */
export class Camera {
  private readonly video = document.createElement("video");
  private stream: MediaStream | undefined;
  /** Changes with every start and stop, so that loops of an older run end. */
  private run = 0;
  private shown: ImageBitmap | undefined;
  private finishedAt: number[] = [];

  constructor(private readonly events: CameraEvents) {
    this.video.muted = true;
    this.video.playsInline = true;
  }

  get running(): boolean {
    return this.stream !== undefined;
  }

  /** Asks for a camera; rejects as `getUserMedia` does. */
  async start(facing: "environment" | "user"): Promise<void> {
    this.stop();
    const run = this.run;
    if (navigator.mediaDevices === undefined) {
      throw new Error(
        "Browsers allow the camera only on pages loaded over https or from localhost.",
      );
    }
    const stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: facing, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
    if (run !== this.run) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    this.stream = stream;
    this.finishedAt = [];
    // The last frame of an earlier run may still be on the stage.
    this.shown = undefined;
    stream.getVideoTracks()[0]?.addEventListener("ended", () => {
      if (run === this.run) this.events.onEnded();
    });
    this.video.srcObject = stream;
    await this.video.play();
    void this.showVideo(run);
    void this.segmentNewest(run);
  }

  stop(): void {
    this.run += 1;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = undefined;
    this.video.srcObject = null;
  }

  private async showVideo(run: number): Promise<void> {
    while (run === this.run) {
      await nextFrame(this.video);
      if (run !== this.run || this.shown === undefined) continue;
      const startedAt = performance.now();
      this.events.onVideoFrame(this.video);
      // Drawing takes at most half of the time, so that a slow machine still answers clicks.
      await new Promise((resolve) => setTimeout(resolve, performance.now() - startedAt));
    }
  }

  private async segmentNewest(run: number): Promise<void> {
    while (run === this.run) {
      await nextFrame(this.video);
      if (run !== this.run) return;
      let frame: ImageBitmap | undefined;
      try {
        frame = await createImageBitmap(this.video);
        const result = await this.events.segment(frame);
        if (run !== this.run) frame.close();
        else this.show(frame, result);
      } catch (error) {
        frame?.close();
        if (run !== this.run) return;
        this.events.onError(error);
        return;
      }
    }
  }

  private show(frame: ImageBitmap, result: SegmentResult): void {
    this.finishedAt.push(performance.now());
    if (this.finishedAt.length > windowFrames) this.finishedAt.shift();
    const spanMs = this.finishedAt.at(-1)! - this.finishedAt[0]!;
    const framesPerSecond = spanMs > 0 ? ((this.finishedAt.length - 1) * 1000) / spanMs : 0;
    const previous = this.shown;
    this.shown = frame;
    this.events.onResult(frame, result, framesPerSecond);
    previous?.close();
  }
}
