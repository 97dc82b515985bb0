import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import { bestAnswer, type FamilyAnswer } from "./answers.js";
import { type ModelFamily, type ModelSignature, takeOutput } from "./family.js";

/**
 * RTMDet-Ins, exported by mmdeploy: final detections [1, N, 5], labels [1, N] and masks [1, N, H,
 * W] of the input's size.
 */
export const rtmdetIns: ModelFamily = {
  name: "rtmdet_ins",
  preprocessing: {
    resizeMode: "letterbox-top-left",
    colorOrder: "bgr",
    inputScale: 1,
    mean: [103.53, 116.28, 123.675],
    std: [57.375, 57.12, 58.395],
    fill: 114,
  },
  defaultInputSize: { width: 640, height: 640 },
  defaults: { scoreThreshold: 0.3 },

  bind(signature) {
    const { outputs } = signature;
    const detections = outputs.filter(
      (output) => isFloat(output) && output.dims?.length === 3 && output.dims[2] === 5,
    );
    const labels = outputs.filter((output) => output.dims?.length === 2);
    const masks = outputs.filter((output) => output.dims?.length === 4);
    const answers = detections.flatMap((rows) =>
      labels.flatMap((ids) => masks.map((planes) => bindThree(rows, ids, planes, signature))),
    );
    const needed = "it needs detections [1, N, 5], labels [1, N] and masks [1, N, height, width]";
    return bestAnswer(answers, signature, needed);
  },

  decode(core, { outputs: names, classCount }, outputs, options) {
    const detections = takeOutput(outputs, names.detections!);
    const labels = takeOutput(outputs, names.labels!);
    const masks = takeOutput(outputs, names.masks!);
    return core.decoders.decodeRtmdetIns({ detections, labels, masks }, { ...options, classCount });
  },
};

function bindThree(
  rows: TensorInfo,
  ids: TensorInfo,
  planes: TensorInfo,
  { hints, inputSize }: ModelSignature,
): FamilyAnswer {
  const tensors = [rows, ids, planes];
  const counts = tensors.map(({ dims }) => dims![1]).filter((count) => typeof count === "number");
  if (new Set(counts).size > 1) {
    return {
      refusal: `${tensors.map(describeTensor).join(", ")} differ in their number of objects`,
    };
  }
  const [, , height, width] = planes.dims!;
  const differs = (side: number | string | undefined, asked: number | undefined) =>
    typeof side === "number" && asked !== undefined && side !== asked;
  if (differs(height, inputSize?.height) || differs(width, inputSize?.width)) {
    const size = `${inputSize?.height} x ${inputSize?.width}`;
    return {
      refusal: `${describeTensor(planes)} does not have the size of the input, ${size}`,
    };
  }
  // A network with queries and four classes has masks and scores of the same shapes, but it lacks
  // labels.
  const isFixed = typeof height === "number" && typeof width === "number";
  const named = /det/i.test(rows.name) && /mask/i.test(planes.name) ? 0.04 : 0;
  return {
    variant: "mmdeploy",
    outputs: { detections: rows.name, labels: ids.name, masks: planes.name },
    classCount: hints.labels?.length ?? 0,
    certainty: (isFixed ? 0.9 : 0.85) + named,
    reason:
      `${describeTensor(rows)} holds boxes with scores, ${describeTensor(ids)} their labels, ` +
      `and ${describeTensor(planes)} their masks`,
  };
}
