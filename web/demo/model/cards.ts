import type { PromptModelInfo, RunningModelInfo, Size } from "../../index.js";
import {
  builtInObjectModels,
  builtInPromptModels,
  type ObjectModel,
  type PromptModel,
} from "./choices.js";
import type { ModelCard } from "./view.js";

/** `info` is undefined until the model is loaded. */
export function objectModelCard(
  { name, isBuiltIn }: ObjectModel,
  info: RunningModelInfo | undefined,
  classCount: number,
): ModelCard {
  const card = {
    name,
    isBuiltIn,
    openText: "Open an ONNX model",
    builtIns: builtInObjectModels.map(({ name }) => name),
  };
  if (info === undefined) return { ...card, facts: [isBuiltIn ? "Built-in" : ""] };
  const { preprocessing, family, sizing, inputMultiple } = info;
  const facts = [
    isBuiltIn ? "Built-in" : family,
    classesText(classCount),
    sizing.rule === "fixed" ? inputText(preprocessing) : "input follows the image shape",
  ];
  if (inputMultiple === undefined) return { ...card, facts };
  const { width, height } = preprocessing;
  return { ...card, facts, inputSize: { width, height, multiple: inputMultiple } };
}

/** `info` is undefined until the model is loaded. */
export function promptModelCard(
  { name, isBuiltIn }: PromptModel,
  info: PromptModelInfo | undefined,
): ModelCard {
  const facts = [isBuiltIn ? "Built-in" : (info?.family ?? "")];
  if (info !== undefined) {
    facts.push(info.files.length > 1 ? "encoder and decoder" : "one file");
    if (info.preprocessing.width > 0) facts.push(inputText(info.preprocessing));
  }
  return {
    name,
    isBuiltIn,
    facts,
    openText: "Open an encoder and decoder",
    builtIns: builtInPromptModels.map(({ name }) => name),
  };
}

function classesText(count: number): string {
  if (count === 0) return "";
  return count === 1 ? "1 class" : `${count} classes`;
}

const inputText = ({ width, height }: Size): string => `${width} × ${height} input`;
