/**
 * Reads nodes and constants of an ONNX file, for tests of the contents of a graph (onnx.proto:
 * ModelProto, GraphProto, NodeProto, TensorProto).
 */
import { ProtobufReader } from "../../web/model/protobuf_reader.js";

/** `TensorProto.DataType` by number. Unlisted types become `type N`. */
const typeNames: Readonly<Record<number, string>> = {
  1: "float32",
  2: "uint8",
  3: "int8",
  6: "int32",
  7: "int64",
  9: "bool",
  10: "float16",
  11: "float64",
};

export interface OnnxNode {
  readonly operator: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attributes with a single integer. */
  readonly integers: ReadonlyMap<string, number>;
  /** Type of the constant that it holds, of `Constant` and `ConstantOfShape`. */
  readonly tensorType: string | undefined;
  /** Nodes of the graphs inside it, of `If`, `Loop` and `Scan`. */
  readonly inner: readonly OnnxNode[];
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** Element type of each constant, by name. */
  readonly constants: ReadonlyMap<string, string>;
}

/** Calls `read` for each field of a message, and skips what it leaves unread. */
function eachField(
  reader: ProtobufReader,
  readers: Readonly<Record<number, (reader: ProtobufReader) => void>>,
): void {
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    const read = readers[field];
    if (read) read(reader);
    else reader.skip();
  }
}

export function readOnnxGraph(bytes: Uint8Array): OnnxGraph {
  let graph: OnnxGraph | undefined;
  eachField(new ProtobufReader(bytes), {
    7: (model) => {
      graph = readGraph(model.message());
    },
  });
  if (!graph) throw new Error("the file holds no graph");
  return graph;
}

function readGraph(reader: ProtobufReader): OnnxGraph {
  const nodes: OnnxNode[] = [];
  const constants = new Map<string, string>();
  eachField(reader, {
    1: (graph) => nodes.push(readNode(graph.message())),
    5: (graph) => {
      const { name, type } = readTensor(graph.message());
      constants.set(name, type);
    },
  });
  return { nodes, constants };
}

function readTensor(reader: ProtobufReader): { name: string; type: string } {
  let [name, type] = ["", ""];
  eachField(reader, {
    2: (tensor) => {
      const number = tensor.int();
      type = typeNames[number] ?? `type ${number}`;
    },
    8: (tensor) => {
      name = tensor.string();
    },
  });
  return { name, type };
}

function readNode(reader: ProtobufReader): OnnxNode {
  const [inputs, outputs, inner]: [string[], string[], OnnxNode[]] = [[], [], []];
  const integers = new Map<string, number>();
  let [operator, domain] = ["", ""];
  let tensorType: string | undefined;
  eachField(reader, {
    1: (node) => inputs.push(node.string()),
    2: (node) => outputs.push(node.string()),
    4: (node) => {
      operator = node.string();
    },
    5: (node) => {
      let name = "";
      eachField(node.message(), {
        1: (attribute) => {
          name = attribute.string();
        },
        3: (attribute) => integers.set(name, attribute.int()),
        5: (attribute) => {
          tensorType = readTensor(attribute.message()).type;
        },
        6: (attribute) => inner.push(...readGraph(attribute.message()).nodes),
        11: (attribute) => inner.push(...readGraph(attribute.message()).nodes),
      });
    },
    7: (node) => {
      domain = node.string();
    },
  });
  return { operator, domain, inputs, outputs, integers, tensorType, inner };
}

/** Operators with their own output type. Other outputs have the type of the first input. */
const outputTypes: Readonly<
  Record<
    string,
    (node: OnnxNode, typeOf: (name: string) => string | undefined) => (string | undefined)[]
  >
> = {
  Cast: ({ integers }) => [typeNames[integers.get("to") ?? 0]],
  Shape: () => ["int64"],
  Size: () => ["int64"],
  NonZero: () => ["int64"],
  ArgMax: () => ["int64"],
  ArgMin: () => ["int64"],
  TopK: ({ inputs }, typeOf) => [typeOf(inputs[0]!), "int64"],
  Constant: ({ tensorType }) => [tensorType],
  ConstantOfShape: ({ tensorType }) => [tensorType ?? "float32"],
  Where: ({ inputs }, typeOf) => [typeOf(inputs[1]!)],
  DequantizeLinear: ({ inputs }, typeOf) => [typeOf(inputs[1]!)],
  ...Object.fromEntries(
    ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Not", "And", "Or"].map(
      (name) => [name, () => ["bool"]],
    ),
  ),
};

/** A node that runs for every image, with the known types of its inputs. */
export interface ComputedNode extends OnnxNode {
  readonly inputTypes: readonly (string | undefined)[];
}

/**
 * The nodes that are left to run once a runtime has folded what follows from constants alone, and
 * from shapes where all of them are fixed.
 * @param inputs those that differ from image to image; others count as constants, of float32
 * @param fixesShapes whether the graph fixes the shape of every tensor
 */
export function computedNodes(
  { nodes, constants }: OnnxGraph,
  inputs: readonly string[],
  fixesShapes: boolean,
): ComputedNode[] {
  const types = new Map<string, string | undefined>(constants);
  for (const name of inputs) types.set(name, "float32");
  const varies = new Set(inputs);
  const left: ComputedNode[] = [];
  for (const node of nodes) {
    const own =
      outputTypes[node.operator]?.(node, (name) => types.get(name)) ??
      node.outputs.map(() => types.get(node.inputs[0]!));
    for (const [k, output] of node.outputs.entries()) types.set(output, own[k]);
    if (!node.inputs.some((name) => varies.has(name)) || (fixesShapes && node.operator === "Shape"))
      continue;
    for (const output of node.outputs) varies.add(output);
    left.push(
      { ...node, inputTypes: node.inputs.map((name) => types.get(name)) },
      ...node.inner.map((inner) => ({ ...inner, inputTypes: [] })),
    );
  }
  return left;
}
