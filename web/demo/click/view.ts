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
import type { OpenImage } from "../open_image.js";
import type { FoundKind, ResultView } from "../stage/result_view.js";

/** Shows masks of the Click mode on the stage and in the list. */
export class ClickView {
  constructor(
    private readonly view: ResultView,
    private readonly notices: Notices,
  ) {}

  /** Shows the image without prompts. */
  clear({ image }: OpenImage): void {
    this.view.showImage(image);
    this.view.setEmptyText("Click an object to cut it out.");
  }

  /** The image is encoded. */
  showReady({ device, fallbacks }: PromptSegmenter, timings: Timings): void {
    this.view.showDevice(device, fallbacks);
    this.view.showTimings(timings);
    this.notices.announce("Ready: click an object in the image");
  }

  /** Lists the candidates of the session and draws the chosen one. */
  showAnswer(opened: OpenImage, { result, chosen }: PromptSession): void {
    if (result === undefined) {
      this.clear(opened);
      return;
    }
    const found = result.candidates.filter(({ mask }) => mask.area > 0);
    this.show(opened, "candidates", found, result);
    this.view.selection.choose(Math.min(chosen, found.length - 1));
    const [best] = found;
    if (best === undefined) {
      this.view.setEmptyText("No object found there. Try another point.");
      this.notices.announce("No object found there");
      return;
    }
    const [share] = areaText(best.mask.area, result.width, result.height).split(" · ");
    const confidence = percent(best.predictedIou);
    const candidates = found.length === 1 ? "1 candidate" : `${found.length} candidates`;
    this.notices.announce(`${share}, confidence ${confidence}, ${candidates}`);
  }

  /** Shows the regions that "Segment everything" found. */
  showRegions(
    opened: OpenImage,
    regions: readonly PromptCandidate[],
    device: Device,
    totalMs: number,
  ): void {
    const { width, height } = opened.image;
    const timingsMs = {
      source: 0,
      preprocess: 0,
      inference: totalMs,
      postprocess: 0,
      total: totalMs,
    };
    this.show(opened, "regions", regions, { width, height, device, timingsMs });
    if (regions.length === 0) this.view.setEmptyText("No regions found.");
    const { length } = regions;
    this.notices.announce(length === 1 ? "1 region found" : `${length} regions found`);
  }

  private show(
    opened: OpenImage,
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
      ...opened,
      kind,
      result: { instances, width, height, device, timingsMs },
      askedScore: 0,
    });
  }
}
