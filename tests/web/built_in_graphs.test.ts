/// What the networks that ship are made of: only operators that ONNX Runtime Web's WebGPU runs, so
/// that no tensor is copied to the CPU and back.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { builtInModels, builtInPromptModels, findBuiltInFile } from "../../web/model/built_in.js";
import { readOnnxMetadata } from "../../web/model/onnx_metadata.js";
import { type ComputedNode, computedNodes, readOnnxGraph } from "./onnx_graph.js";
import { type Field, handMadeModel, valueInfo } from "./protobuf_writer.js";

/** When a rule holds: the type of an input (the first, unless told), and values of attributes. */
interface Condition {
  readonly inputTypes?: readonly string[];
  readonly input?: number;
  readonly attributes?: Readonly<Record<string, readonly number[]>>;
}

interface Rule {
  readonly reason: string;
  /** One of these; absent: always. */
  readonly when?: readonly Condition[];
}

const {
  operators: rules,
  onTheGpu,
}: { operators: Readonly<Record<string, Rule>>; onTheGpu: readonly string[] } = JSON.parse(
  readFileSync(new URL("../../models/webgpu_cpu_operators.json", import.meta.url), "utf8"),
);

function holds(
  { inputTypes, input = 0, attributes = {} }: Condition,
  { inputTypes: types, integers }: ComputedNode,
): boolean {
  const type = types[input];
  if (inputTypes && (type === undefined || !inputTypes.includes(type))) return false;
  return Object.entries(attributes).every(([name, values]) =>
    values.includes(integers.get(name) ?? Number.NaN),
  );
}

/**
 * What of a graph would run on the CPU, each with a reason; operators that nobody has looked at
 * count.
 */
function leftToTheCpu(bytes: Uint8Array): string[] {
  const { inputs } = readOnnxMetadata(bytes);
  const fixesShapes = inputs.every(({ dims }) => dims?.every((dim) => typeof dim === "number"));
  // Two numbers that stay on the CPU anyway: the size that masks are enlarged to.
  const names = inputs.map(({ name }) => name).filter((name) => name !== "orig_im_size");
  return computedNodes(readOnnxGraph(bytes), names, fixesShapes).flatMap((node) => {
    const { operator, domain, outputs } = node;
    const rule = rules[operator];
    const where = `${operator} -> ${outputs[0]}`;
    if (domain !== "" && domain !== "ai.onnx") return [`${where}: of the domain ${domain}`];
    if (rule && (rule.when ?? [{}]).some((condition) => holds(condition, node)))
      return [`${where}: ${rule.reason}`];
    return rule || onTheGpu.includes(operator) ? [] : [`${where}: not known to run on the GPU`];
  });
}

const files = [
  ...builtInModels,
  ...builtInPromptModels.flatMap(({ encoder, decoder }) => [encoder, decoder]),
].map(({ name }) => name);

describe.each(files)("%s", (name) => {
  const bytes = new Uint8Array(readFileSync(findBuiltInFile(name)!.locate()));

  it("Graph_HasNoOperator_ThatWebgpuLeavesToTheCpu", () => {
    const { nodes } = readOnnxGraph(bytes);
    expect(nodes.length).toBeGreaterThan(10);
    expect(nodes.map(({ operator }) => operator)).not.toContain("");
    expect(leftToTheCpu(bytes)).toEqual([]);
  });

  it("Constants_AreNotDoubles_AndOpsetIsOfExportersInUse", () => {
    const { nodes, constants } = readOnnxGraph(bytes);
    const types = [...constants.values(), ...nodes.map(({ tensorType }) => tensorType)];
    expect(types).not.toContain("float64");
    expect(types).toContain("float32");
    expect(readOnnxMetadata(bytes).opset).toBeLessThanOrEqual(17);
  });
});

describe("leftToTheCpu", () => {
  const node = (
    operator: string,
    inputs: readonly string[],
    output: string,
    attributes: readonly Field[] = [],
  ): Field[] => [
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [4, operator],
    ...attributes.map((attribute): Field => [5, attribute as unknown as Field[]]),
  ];
  const graph = (nodes: readonly Field[][], side: number | string = 64) =>
    handMadeModel({
      inputs: [valueInfo("x", "float32", [1, 3, side, side])],
      outputs: [valueInfo("y", "float32", [1])],
      nodes,
    });

  it("PlainGraph_IsFree", () =>
    expect(leftToTheCpu(graph([node("Conv", ["x"], "a"), node("Sigmoid", ["a"], "y")]))).toEqual(
      [],
    ));

  // biome-ignore format: one message
  const attribute = (name: string, value: number) => [[1, name], [3, value]] as unknown as Field;

  it.each<[string, Field[][], RegExp]>([
    ["listed operator", [node("Round", ["x"], "y")], /^Round -> y: no GPU kernel$/],
    [
      "operator nobody knows",
      [node("Frobnicate", ["x"], "y")],
      /^Frobnicate -> y: not known to run on the GPU$/,
    ],
    ["foreign domain", [[...node("Conv", ["x"], "y"), [7, "com.microsoft"]]], /com\.microsoft/],
    [
      "integer arithmetic",
      [node("ArgMax", ["x"], "i"), node("Add", ["i", "i"], "y")],
      /^Add -> y: no GPU kernel for int64$/,
    ],
    [
      "choice between integers",
      [node("ArgMax", ["x"], "i"), node("Where", ["x", "i", "i"], "y")],
      /^Where -> y: .*int64$/,
    ],
    [
      "attribute",
      [node("Resize", ["x"], "y", [attribute("antialias", 1)])],
      /^Resize -> y: antialiased/,
    ],
    ["cast to doubles", [node("Cast", ["x"], "y", [attribute("to", 11)])], /^Cast -> y: .*float64/],
  ])("%s_IsNamed", (_, nodes, message) => {
    expect(leftToTheCpu(graph(nodes)).join()).toMatch(message);
  });

  it("ListedOperators_ThatDoNotMeetTheCondition_AreFree", () => {
    const nodes = [
      node("Add", ["x", "x"], "a"),
      node("Cast", ["a"], "b", [attribute("to", 10)]),
      node("Resize", ["b"], "y"),
    ];
    expect(leftToTheCpu(graph(nodes))).toEqual([]);
  });

  it("OperatorInABranch_IsNamed", () => {
    // biome-ignore format: one message
    const branch: Field[] = [[1, "then_branch"], [6, [[1, node("NonZero", ["x"], "z")]]]];
    expect(
      leftToTheCpu(graph([node("If", ["x"], "y", [branch as unknown as Field])])).join(),
    ).toContain("NonZero -> z");
  });

  it("Shape_OfAFixedGraph_IsFolded_OfAnOpenOneNot", () => {
    const nodes = [
      node("Shape", ["x"], "s"),
      node("Add", ["s", "s"], "t"),
      node("Reshape", ["x", "t"], "y"),
    ];
    expect(leftToTheCpu(graph(nodes))).toEqual([]);
    expect(leftToTheCpu(graph(nodes, "side")).join()).toMatch(
      /^Shape -> s: .*Add -> t: no GPU kernel for int64/,
    );
  });
});
