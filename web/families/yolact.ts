import type { TensorInfo } from "../base/tensor.js";
import { describeTensor, isFloat } from "../base/tensor.js";
import { bestAnswer, type FamilyAnswer } from "./answers.js";
import { type ModelFamily, type ModelSignature, takeOutput } from "./family.js";

/**
 * YOLACT: boxes [N, 4], scores [N, 1 + C] with the background first, coefficients [N, P] and
 * prototypes [h, w, P] or [P, h, w], each with or without a batch axis. Variant `priors` adds
 * priors [N, 4]. In variant `no-priors`, boxes are corners, or offsets to the priors of a released
 * configuration. The decoder distinguishes these two by their values.
 */
export const yolact: ModelFamily = {
  name: "yolact",
  preprocessing: {
    resizeMode: "stretch",
    colorOrder: "rgb",
    inputScale: 1,
    mean: [123.68, 116.78, 103.94],
    std: [58.4, 57.12, 57.38],
    fill: 0,
  },
  defaultInputSize: { width: 550, height: 550 },
  defaults: { scoreThreshold: 0.15, iouThreshold: 0.5 },

  bind(signature) {
    const answers = signature.outputs.flatMap((planes) => bindPrototypes(planes, signature));
    const needed =
      "it needs boxes [N, 4], scores [N, 1 + classes], coefficients [N, P] " +
      "and prototypes [height, width, P]";
    return bestAnswer(answers, signature, needed);
  },

  decode(core, { outputs: names }, outputs, options) {
    const tensors = {
      boxes: takeOutput(outputs, names.boxes!),
      scores: takeOutput(outputs, names.scores!),
      coefficients: takeOutput(outputs, names.coefficients!),
      prototypes: takeOutput(outputs, names.prototypes!),
      ...(names.priors === undefined ? {} : { priors: takeOutput(outputs, names.priors) }),
    };
    return core.decoders.decodeYolact(tensors, options);
  },
};

/** The dimensions without a batch axis, if `rank` of them remain. */
function withoutBatch(
  { dims }: TensorInfo,
  rank: number,
): readonly (number | string)[] | undefined {
  if (dims?.length === rank) return dims;
  return dims?.length === rank + 1 && (dims[0] === 1 || typeof dims[0] === "string")
    ? dims.slice(1)
    : undefined;
}

/** An output of shape [rows, columns]. */
interface Table {
  readonly tensor: TensorInfo;
  readonly rows: number | string;
  readonly columns: number | string;
}

function bindPrototypes(planes: TensorInfo, { outputs }: ModelSignature): FamilyAnswer[] {
  const dims = isFloat(planes) ? withoutBatch(planes, 3) : undefined;
  if (!dims) return [];
  const tables = outputs.flatMap((tensor): Table[] => {
    const [rows, columns] = (tensor !== planes && isFloat(tensor) && withoutBatch(tensor, 2)) || [];
    return rows === undefined || columns === undefined ? [] : [{ tensor, rows, columns }];
  });
  const [first] = tables;
  if (tables.length < 3 || tables.length > 4 || tables.some(({ rows }) => rows !== first?.rows))
    return [];
  const choices = permutations(tables).filter((choice) => fits(choice, dims));
  if (choices.length === 0) {
    const seen = tables.map(({ tensor }) => describeTensor(tensor)).join(", ");
    return [
      {
        refusal:
          `${seen} must be boxes, scores and coefficients, ` +
          `with one coefficient per prototype of ${describeTensor(planes)}`,
      },
    ];
  }
  return [
    bindTables(
      choices.reduce((best, next) => (nameScore(next) > nameScore(best) ? next : best)),
      planes,
    ),
  ];
}

/** The order of the tables is boxes, scores, coefficients, priors. Priors are optional. */
function fits(
  [boxes, scores, coefficients, priors]: readonly Table[],
  prototypeDims: readonly (number | string)[],
): boolean {
  const planeCount = coefficients!.columns;
  const isPlaneCount =
    typeof planeCount === "number" &&
    (prototypeDims[2] === planeCount || prototypeDims[0] === planeCount);
  return (
    boxes!.columns === 4 &&
    typeof scores!.columns === "number" &&
    scores!.columns > 1 &&
    isPlaneCount &&
    (priors?.columns ?? 4) === 4
  );
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) =>
    permutations(items.filter((_, other) => other !== i)).map((rest) => [item, ...rest]),
  );
}

/**
 * How many names agree with the roles. If shapes are ambiguous, names decide, and then the decoder.
 */
function nameScore(tables: readonly Table[]): number {
  const patterns = [/loc|box/i, /conf|score|class|prob/i, /mask|coef/i, /prior|anchor/i];
  return tables.filter(({ tensor }, role) => patterns[role]!.test(tensor.name)).length;
}

function bindTables(tables: readonly Table[], planes: TensorInfo): FamilyAnswer {
  const [boxes, scores, coefficients, priors] = tables.map(({ tensor }) => tensor) as [
    TensorInfo,
    TensorInfo,
    TensorInfo,
    TensorInfo?,
  ];
  const named = nameScore(tables) > 1 ? 0.05 : 0;
  const classCount = (tables[1]!.columns as number) - 1;
  return {
    variant: priors ? "priors" : "no-priors",
    outputs: {
      boxes: boxes.name,
      scores: scores.name,
      coefficients: coefficients.name,
      prototypes: planes.name,
      ...(priors ? { priors: priors.name } : {}),
    },
    classCount,
    certainty: (priors ? 0.95 : 0.8) + named,
    reason:
      `${describeTensor(boxes)} holds boxes, ` +
      `${describeTensor(scores)} scores of a background and ${classCount} classes, ` +
      `${describeTensor(coefficients)} coefficients of the prototypes ${describeTensor(planes)}, ` +
      `${priors ? `and ${describeTensor(priors)} priors` : "without priors"}`,
  };
}
