/**
 * A minimal writer of the protobuf wire format for ONNX files. It makes the tests of the reader
 * independent of the reader.
 */
export type Field = readonly [
  number: number,
  value: number | bigint | string | Uint8Array | readonly Field[],
];

export function encode(fields: readonly Field[]): Uint8Array {
  return concat(fields.map(([number, value]) => encodeField(number, value)));
}

function encodeField(number: number, value: Field[1]): Uint8Array {
  if (typeof value === "number" || typeof value === "bigint")
    return concat([varint(number * 8), varint(value)]);
  const body =
    typeof value === "string"
      ? new TextEncoder().encode(value)
      : value instanceof Uint8Array
        ? value
        : encode(value);
  return concat([varint(number * 8 + 2), varint(body.length), body]);
}

export function varint(value: number | bigint): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  const out: number[] = [];
  do {
    out.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(out);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const elementType = { float32: 1, uint8: 2, int64: 7, float16: 10 } as const;

/** ValueInfoProto; undefined dims leave the rank open. */
export function valueInfo(
  name: string,
  type: keyof typeof elementType,
  dims?: readonly (number | string)[],
): Field[] {
  const shape = dims?.map((dim): Field => [1, [typeof dim === "number" ? [1, dim] : [2, dim]]]);
  return [
    [1, name],
    [2, [[1, [[1, elementType[type]], ...(shape ? [[2, shape] as Field] : [])]]]],
  ];
}

export interface HandMadeModel {
  readonly inputs: readonly Field[][];
  readonly outputs: readonly Field[][];
  readonly initializers?: readonly Field[][];
  /** `op_type` of each node; the nodes are connected to nothing. */
  readonly operators?: readonly string[];
  /** NodeProto messages. */
  readonly nodes?: readonly Field[][];
  readonly metadata?: Readonly<Record<string, string>>;
}

/** ModelProto with a graph that cannot be run. */
export function handMadeModel({
  inputs,
  outputs,
  initializers = [],
  operators = [],
  nodes = [],
  metadata = {},
}: HandMadeModel): Uint8Array {
  return encode([
    [1, 8],
    [2, "by hand"],
    [
      7,
      [
        ...operators.map(
          (operator, i): Field => [
            1,
            [
              [1, "in"],
              [2, `out${i}`],
              [4, operator],
            ],
          ],
        ),
        ...nodes.map((node): Field => [1, node]),
        [2, "graph"],
        ...initializers.map((tensor): Field => [5, tensor]),
        ...inputs.map((input): Field => [11, input]),
        ...outputs.map((output): Field => [12, output]),
      ],
    ],
    [8, [[2, 13]]],
    ...Object.entries(metadata).map(
      ([key, value]): Field => [
        14,
        [
          [1, key],
          [2, value],
        ],
      ],
    ),
  ]);
}
