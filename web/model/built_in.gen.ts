// Generated from models/*.json by scripts/gen_models.mjs; do not edit.
import type { BuiltInFile, BuiltInModel, BuiltInPromptModel } from "./built_in_types.js";

/** Where the file of a model lies. */
interface Located {
  readonly locate: () => URL;
}

/** A built-in model and where its file lies. */
export interface Card extends BuiltInModel, Located {}

/** A built-in promptable model and where its files lie. */
export interface PromptCard extends BuiltInPromptModel {
  readonly encoder: BuiltInFile & Located;
  readonly decoder: BuiltInFile & Located;
}

export const cards: readonly [Card, ...Card[]] = [
  {
    name: "masklet-n",
    summary: "Finds the things of an everyday photo, each with class, score, box and mask: the 80 classes of COCO in 1.2 M parameters.",
    license: "Apache-2.0",
    bytes: 1342675,
    sha256: "c5060fcb0924b0cd97f6769cee8ced7b0987921700392a164de993c4a8fd4f9e",
    family: "yolo_seg",
    input: {"width":416,"height":416,"multiple":32},
    preprocessing: {"resizeMode":"letterbox-top-left","colorOrder":"rgb","inputScale":0.00392156862745098,"mean":[0,0,0],"std":[1,1,1],"fill":114},
    labels: "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush".split(","),
    // Written out in full, because bundlers look for this form.
    locate: () => new URL("../../models/masklet-n.onnx", import.meta.url),
  },
  {
    name: "masklet-nuclei",
    summary: "Finds the nuclei of cells in images of a microscope, each with score, box and mask.",
    license: "Apache-2.0",
    bytes: 407731,
    sha256: "6a9809df415b69267c9f8aec18b57c446452f40d4166375d85ba521a003d566c",
    family: "yolo_seg",
    input: {"width":512,"height":512,"multiple":32},
    preprocessing: {"resizeMode":"letterbox-top-left","colorOrder":"rgb","inputScale":0.00392156862745098,"mean":[0,0,0],"std":[1,1,1],"fill":114},
    labels: "nucleus".split(","),
    // Written out in full, because bundlers look for this form.
    locate: () => new URL("../../models/masklet-nuclei.onnx", import.meta.url),
  },
];

export const promptCards: readonly [PromptCard, ...PromptCard[]] = [
  {
    name: "masklet-click",
    summary: "Click on a thing or draw a box around it, get its mask, and correct it with more clicks: a small promptable network in the tensors of Segment Anything's exporter.",
    license: "Apache-2.0",
    preprocessing: {},
    everything: {"predictedIouThreshold":0.65,"stabilityThreshold":0.8},
    encoder: {
      name: "masklet-click-encoder",
      bytes: 2609994,
      sha256: "90995126f8acc3ebf7a1ec1bf3677b1db3115806d3b0af6783bd198f5a818b83",
      locate: () => new URL("../../models/masklet-click-encoder.onnx", import.meta.url),
    },
    decoder: {
      name: "masklet-click-decoder",
      bytes: 443030,
      sha256: "bc10023ecbf8243a125e32cd68b1ae46f53391d0b8c2ffb9bddace96e245e485",
      locate: () => new URL("../../models/masklet-click-decoder.onnx", import.meta.url),
    },
  },
  {
    name: "region-click",
    summary: "Click on a thing or draw a box around it, get the region whose colors stand out: a promptable model for trying things out, without any learning.",
    license: "Apache-2.0",
    preprocessing: {},
    everything: {},
    encoder: {
      name: "region-click-encoder",
      bytes: 14477,
      sha256: "e7b9d89e56dba520fa8b50057dc5e7f05f7737dab1fdfeec9678e6930cf4ed37",
      locate: () => new URL("../../models/region-click-encoder.onnx", import.meta.url),
    },
    decoder: {
      name: "region-click-decoder",
      bytes: 36577,
      sha256: "093dc0101b6d0bd36b2ed162bd71689fa2d1273f3f229304fb360a8f436b3eed",
      locate: () => new URL("../../models/region-click-decoder.onnx", import.meta.url),
    },
  },
];
