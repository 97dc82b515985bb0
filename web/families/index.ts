import { detrDetect } from "./detr_detect.js";
import { detrPanoptic } from "./detr_panoptic.js";
import type { ModelFamily } from "./family.js";
import { maskFormer } from "./mask_former.js";
import { maskRcnn } from "./mask_rcnn.js";
import { rfDetrSeg } from "./rf_detr_seg.js";
import { rtmdetIns } from "./rtmdet_ins.js";
import { yolact } from "./yolact.js";
import { yoloDetect } from "./yolo_detect.js";
import { yoloSeg } from "./yolo_seg.js";
import { yolov5Seg } from "./yolov5_seg.js";
import { yolox } from "./yolox.js";

/** All families, in the order of recognition. */
export const families: readonly ModelFamily[] = [
  yoloSeg,
  yolov5Seg,
  yoloDetect,
  yolox,
  detrDetect,
  rfDetrSeg,
  detrPanoptic,
  maskFormer,
  yolact,
  maskRcnn,
  rtmdetIns,
];
