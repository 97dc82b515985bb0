import type {
  Device,
  PromptCandidate,
  PromptSegmenter,
  PromptSession,
  SegmentResult,
  Timings,
} from "../../index.js";
import { areaText, percent } from "../format.js";
import type { Notices } from "../notices.js";
import type { Photo } from "../photo.js";
import type { FoundKind, ResultView } from "../stage/result_view.js";

/** Shows answers to clicks where the objects of the other mode are shown. */
export class ClickView {
  constructor(
    private readonly view: ResultView,
    private readonly notices: Notices,
  ) {}

  /** The photo without prompts. */
  clear({ image }: Photo): void {
    this.view.showPhoto(image);
    this.view.setEmptyText("What you click appears here.");
  }

  /** The photo is encoded. */
  showReady({ device, fallbacks }: PromptSegmenter, timings: Timings): void {
    this.view.showDevice(device, fallbacks);
    this.view.showTimings(timings);
    this.notices.announce("The image can be clicked");
  }

  /** What the session has come to; the candidate that it means is drawn. */
  showAnswer(photo: Photo, { result, chosen }: PromptSession): void {
    if (result === undefined) {
      this.clear(photo);
      return;
    }
    const found = result.candidates.filter(({ mask }) => mask.area > 0);
    this.show(photo, "candidates", found, result);
    this.view.selection.choose(Math.min(chosen, found.length - 1));
    const [best] = found;
    if (best === undefined) {
      this.view.setEmptyText("Nothing there that belongs together.");
      this.notices.announce("Nothing there that belongs together");
      return;
    }
    const share = areaText(best.mask.area, result.width, result.height).split(" · ")[0];
    this.notices.announce(
      `${share}, sure to ${percent(best.predictedIou)}, ${found.length === 1 ? "one candidate" : `${found.length} candidates`}`,
    );
  }

  /** All that everything mode found. */
  showRegions(
    photo: Photo,
    regions: readonly PromptCandidate[],
    device: Device,
    totalMs: number,
  ): void {
    const { width, height } = photo.image;
    const timingsMs = {
      source: 0,
      preprocess: 0,
      inference: totalMs,
      postprocess: 0,
      total: totalMs,
    };
    this.show(photo, "regions", regions, { width, height, device, timingsMs });
    if (regions.length === 0) this.view.setEmptyText("Nothing that the model is sure of.");
    this.notices.announce(`${regions.length} regions found`);
  }

  private show(
    photo: Photo,
    kind: FoundKind,
    found: readonly PromptCandidate[],
    at: Omit<SegmentResult, "instances">,
  ): void {
    const label = kind === "candidates" ? "candidate" : "region";
    const instances = found.map(({ mask, box, predictedIou }, index) => {
      return {
        label: `${label} ${index + 1}`,
        classId: 0,
        score: Math.min(1, Math.max(0, predictedIou)),
        box,
        mask,
      };
    });
    const { width, height, device, timingsMs } = at;
    this.view.showFound({
      ...photo,
      kind,
      result: { instances, width, height, device, timingsMs },
      askedScore: 0,
    });
  }
}
