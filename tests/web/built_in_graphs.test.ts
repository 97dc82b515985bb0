/// What the networks that ship are made of: only operators that ONNX Runtime Web's WebGPU runs, so that no tensor is copied to the CPU and back.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { builtInModels, builtInPromptModels, findBuiltInFile } from "../../web/runtime/built_in.js";
import { readOnnxMetadata } from "../../web/runtime/onnx_metadata.js";
import { computedNodes, readOnnxGraph } from "./onnx_graph.js";
import { type Field, handMadeModel, valueInfo } from "./protobuf_writer.js";

interface OperatorLists {
  /** With a kernel on the GPU. */
  readonly gpuOperators: readonly string[];
  /** Without one, and why. */
  readonly operators: Readonly<Record<string, { readonly reason: string }>>;
}

const { gpuOperators, operators }: OperatorLists = JSON.parse(
  readFileSync(new URL("../../models/webgpu_cpu_operators.json", import.meta.url), "utf8"),
);

/** What of a graph would run on the CPU, each with a reason; operators that nobody has looked at count. */
function leftToTheCpu(bytes: Uint8Array): string[] {
  const { inputs } = readOnnxMetadata(bytes);
  const fixesShapes = inputs.every(({ dims }) => dims?.every((dim) => typeof dim === "number"));
  // Two numbers that stay on the CPU anyway: the size that masks are enlarged to.
  const names = inputs.map(({ name }) => name).filter((name) => name !== "orig_im_size");
  return computedNodes(readOnnxGraph(bytes), names, fixesShapes).flatMap(({ operator, domain, outputs, types }) => {
    const where = `${operator} -> ${outputs[0]}`;
    if (domain !== "" && domain !== "ai.onnx") return [`${where}: of the domain ${domain}`];
    if (operators[operator]) return [`${where}: ${operators[operator].reason}`];
    if (!gpuOperators.includes(operator)) return [`${where}: not known to run on the GPU`];
    // Kernels of WebGPU compute with floats; a comparison's truth values are among them.
    const wrong = types.find((type) => type !== undefined && type !== "float32" && type !== "bool");
    return wrong === undefined ? [] : [`${where}: computes ${wrong}`];
  });
}

/** Without training, and with operators of its own; it has been run on WebGPU as it is. */
const isTrained = (name: string) => !name.startsWith("region-click");

const files = [...builtInModels, ...builtInPromptModels.flatMap(({ encoder, decoder }) => [encoder, decoder])].map(({ name }) => name);

describe.each(files)("%s", (name) => {
  const bytes = new Uint8Array(readFileSync(findBuiltInFile(name)!.locate()));

  if (isTrained(name)) it("Graph_HasNoOperator_ThatWebgpuLeavesToTheCpu", () => expect(leftToTheCpu(bytes)).toEqual([]));

  it("Graph_HasNoOperator_OfTheListOfThoseOnTheCpu", () => {
    const { nodes } = readOnnxGraph(bytes);
    expect(nodes.length).toBeGreaterThan(10);
    expect(nodes.flatMap(({ operator, inner }) => [operator, ...inner.map((node) => node.operator)])).not.toContain("");
    expect(nodes.filter(({ operator }) => operators[operator]).map(({ operator }) => operator)).toEqual([]);
  });

  it("Constants_AreNoDoubles_AndOpsetIsOfExportersInUse", () => {
    const { nodes, constants } = readOnnxGraph(bytes);
    const types = [...constants.values(), ...nodes.map(({ tensorType }) => tensorType)];
    expect(types).not.toContain("float64");
    expect(types).toContain("float32");
    expect(readOnnxMetadata(bytes).opset).toBeLessThanOrEqual(17);
  });
});

describe("leftToTheCpu", () => {
  const node = (operator: string, inputs: readonly string[], output: string, attributes: readonly Field[] = []): Field[] => [
    ...inputs.map((name): Field => [1, name]),
    [2, output],
    [4, operator],
    ...attributes.map((attribute): Field => [5, attribute as unknown as Field[]]),
  ];
  const graph = (nodes: readonly Field[][], side: number | string = 64) =>
    handMadeModel({ inputs: [valueInfo("x", "float32", [1, 3, side, side])], outputs: [valueInfo("y", "float32", [1])], nodes });

  it("PlainGraph_IsFree", () => expect(leftToTheCpu(graph([node("Conv", ["x"], "a"), node("Sigmoid", ["a"], "y")]))).toEqual([]));

  it.each<[string, Field[][], RegExp]>([
    ["listed operator", [node("Round", ["x"], "y")], /^Round -> y: no GPU kernel/],
    ["operator nobody knows", [node("Frobnicate", ["x"], "y")], /^Frobnicate -> y: not known/],
    ["foreign domain", [[...node("Conv", ["x"], "y"), [7, "com.microsoft"]]], /com\.microsoft/],
    ["integer arithmetic", [node("ArgMax", ["x"], "i"), node("Add", ["i", "i"], "y")], /^ArgMax -> i: computes int64.*Add -> y: computes int64/],
    ["cast to integers", [node("Cast", ["x"], "y", [[[1, "to"], [3, 7]] as unknown as Field])], /^Cast -> y: computes int64/],
  ])("%s_IsNamed", (_, nodes, message) => {
    expect(leftToTheCpu(graph(nodes)).join()).toMatch(message);
  }); // biome-ignore format: a table

  it("OperatorInABranch_IsNamed", () => {
    const branch: Field[] = [[1, "then_branch"], [6, [[1, node("NonZero", ["x"], "z")]]]]; // biome-ignore format: one message
    expect(leftToTheCpu(graph([node("If", ["x"], "y", [branch as unknown as Field])])).join()).toContain("NonZero -> z");
  });

  it("Shape_OfAFixedGraph_IsFolded_OfAnOpenOneNot", () => {
    const nodes = [node("Shape", ["x"], "s"), node("Add", ["s", "s"], "t"), node("Reshape", ["x", "t"], "y")];
    expect(leftToTheCpu(graph(nodes))).toEqual([]);
    expect(leftToTheCpu(graph(nodes, "side")).join()).toMatch(/^Shape -> s: .*Add -> t: computes int64/);
  });
});
