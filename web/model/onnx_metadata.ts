import { MaskletError } from "../base/errors.js";
import { maxOnnxEntries, maxRank, maxTensors } from "../base/limits.js";
import type { TensorInfo } from "../base/tensor.js";
import { ProtobufError, ProtobufReader } from "./protobuf_reader.js";

/** What is read from an ONNX file. Weights are skipped, and nodes serve `quantizesAtRun` only. */
export interface OnnxModel {
  readonly irVersion: number;
  /** Version of the default operator set, or 0 if the file states none. */
  readonly opset: number;
  readonly producer: string;
  readonly graphName: string;
  /** The inputs without an initializer, which every run must feed. */
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /**
   * Whether the graph quantizes activations by their current range. Two correct runtimes then give
   * visibly different numbers.
   */
  readonly quantizesAtRun: boolean;
  /** `metadata_props`, as written by the exporter. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** `TensorProto.DataType` (onnx.proto), with the names of ONNX Runtime's JavaScript API. */
const elementTypes = [
  "undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool",
  "float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16",
] as const; // biome-ignore format: by number

interface Graph {
  name: string;
  inputs: TensorInfo[];
  outputs: TensorInfo[];
  initializers: Set<string>;
  quantizesAtRun: boolean;
}

/**
 * Reads inputs, outputs, operator set and metadata of an ONNX model (onnx.proto, `ModelProto`). It
 * skips the weights, so its time does not grow with the file.
 * @throws MaskletError `badModel` for a file that is truncated, not ONNX, or without inputs or
 *   outputs; `unsupported` for a model with its weights in another file.
 */
export function readOnnxMetadata(bytes: Uint8Array): OnnxModel {
  try {
    return readModel(new ProtobufReader(bytes));
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    throw new MaskletError(
      "badModel",
      "load",
      `the file is not an ONNX model, or it is truncated: ${error.message}`,
      {
        value: error.offset,
        cause: error,
      },
    );
  }
}

function readModel(reader: ProtobufReader): OnnxModel {
  const metadata: Record<string, string> = Object.create(null);
  let [irVersion, opset, producer, properties] = [0, 0, "", 0];
  let graph: Graph | undefined;
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) irVersion = reader.int();
    else if (field === 2) producer = reader.string();
    else if (field === 7) graph = readGraph(reader.message());
    else if (field === 8) opset = readDefaultOpset(reader.message()) ?? opset;
    else if (field === 14) {
      checkCount(++properties, "metadata entries");
      readProperty(reader.message(), metadata);
    } else reader.skip();
  }
  if (!graph)
    throw new MaskletError("badModel", "load", "the file is not an ONNX model: it lacks a graph");
  const { name, outputs, initializers, quantizesAtRun } = graph;
  const inputs = graph.inputs.filter((input) => !initializers.has(input.name));
  if (inputs.length === 0 || outputs.length === 0) {
    const what = inputs.length === 0 ? "inputs" : "outputs";
    throw new MaskletError("badModel", "load", `the ONNX graph '${name}' has no ${what}`, {
      value: name,
    });
  }
  checkCount(inputs.length + outputs.length, "graph inputs and outputs", maxTensors);
  return { irVersion, opset, producer, graphName: name, inputs, outputs, quantizesAtRun, metadata };
}

function readGraph(reader: ProtobufReader): Graph {
  const graph: Graph = {
    name: "",
    inputs: [],
    outputs: [],
    initializers: new Set(),
    quantizesAtRun: false,
  };
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1)
      graph.quantizesAtRun =
        readOperator(reader.message()) === "DynamicQuantizeLinear" || graph.quantizesAtRun;
    else if (field === 2) graph.name = reader.string();
    else if (field === 5) graph.initializers.add(readInitializerName(reader.message()));
    else if (field === 11) graph.inputs.push(readValueInfo(reader.message()));
    else if (field === 12) graph.outputs.push(readValueInfo(reader.message()));
    else reader.skip();
    checkCount(graph.inputs.length + graph.outputs.length, "graph inputs and outputs");
    checkCount(graph.initializers.size, "initializers");
  }
  return graph;
}

/** `op_type` of a node. */
function readOperator(reader: ProtobufReader): string {
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 4) return reader.string();
    reader.skip();
  }
  return "";
}

function readInitializerName(reader: ProtobufReader): string {
  let name = "";
  let external = false;
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 8) name = reader.string();
    else if (field === 14) external = reader.int() === 1;
    else reader.skip();
  }
  if (external) {
    throw new MaskletError(
      "unsupported",
      "load",
      `the weights of '${name}' are in another file; save the model with its weights inside`,
      {
        value: name,
      },
    );
  }
  return name;
}

function readValueInfo(reader: ProtobufReader): TensorInfo {
  let name = "";
  let type: Pick<TensorInfo, "type" | "dims"> = { type: "undefined", dims: undefined };
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) name = reader.string();
    else if (field === 2) type = readType(reader.message());
    else reader.skip();
  }
  return { name, ...type };
}

function readType(reader: ProtobufReader): Pick<TensorInfo, "type" | "dims"> {
  const notATensor = { 4: "sequence", 5: "map", 8: "sparse tensor", 9: "optional" } as Record<
    number,
    string
  >;
  let type = "undefined";
  let dims: (number | string)[] | undefined;
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field !== 1) {
      type = notATensor[field] ?? type;
      reader.skip();
      continue;
    }
    const tensor = reader.message();
    for (let inner = tensor.nextField(); inner !== 0; inner = tensor.nextField()) {
      if (inner === 1) type = elementTypeName(tensor.int());
      else if (inner === 2) dims = readShape(tensor.message());
      else tensor.skip();
    }
  }
  return { type, dims };
}

function elementTypeName(id: number): string {
  return elementTypes[id] ?? `type ${id}`;
}

/** A dimension without a value becomes its symbolic name, or `'?'` if it has none. */
function readShape(reader: ProtobufReader): (number | string)[] {
  const dims: (number | string)[] = [];
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field !== 1) {
      reader.skip();
      continue;
    }
    let dim: number | string = "?";
    const inner = reader.message();
    for (let part = inner.nextField(); part !== 0; part = inner.nextField()) {
      if (part === 1) dim = inner.int();
      else if (part === 2) dim = inner.string() || "?";
      else inner.skip();
    }
    // Some exporters write -1 or 0 for an open size; -1 reads as 2^64 - 1.
    dims.push(typeof dim === "number" && (dim < 1 || dim > 0x7fffffff) ? "?" : dim);
    checkCount(dims.length, "dimensions of a tensor", maxRank);
  }
  return dims;
}

function readDefaultOpset(reader: ProtobufReader): number | undefined {
  let domain = "";
  let version = 0;
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) domain = reader.string();
    else if (field === 2) version = reader.int();
    else reader.skip();
  }
  return domain === "" || domain === "ai.onnx" ? version : undefined;
}

function readProperty(reader: ProtobufReader, into: Record<string, string>): void {
  let key = "";
  let value = "";
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else reader.skip();
  }
  into[key] = value;
}

function checkCount(count: number, what: string, most = maxOnnxEntries): void {
  if (count > most) {
    throw new MaskletError(
      "badModel",
      "load",
      `the file is not an ONNX model: it has more than ${most} ${what}`,
      { value: count },
    );
  }
}
