"""How well clicks and boxes cut objects out: mean IoU after 1 to 20 clicks and the number of clicks
that an IoU of
0.80, 0.85, 0.90 takes.

    python evaluate_click.py CHECKPOINT --data FOLDER
    python evaluate_click.py --encoder FILE.onnx --decoder FILE.onnx --data FOLDER

On photos that training with --held-out leaves out: those of held_out.json, facade-valid, and of the
nuclei those of
held_out_nuclei.json. Objects above 32 x 32 pixels. The first click is in the middle of the object,
each next one in the
middle of the largest error."""

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np

from click_prompts import box_of, first_click, iou, next_click
from coco import DATA, read_set

HERE = Path(__file__).resolve().parent
SETS = {
    "coco": ("coco-train", "held_out.json"),
    "facade": ("facade-valid", None),
    "nuclei": ("nuclei-train", "held_out_nuclei.json"),
}
LEAST_AREA = 32 * 32
CLICKS, ALWAYS = (
    20,
    5,
)  # an object that reached the highest threshold is clicked on no more, but everyone is this often
THRESHOLDS = (0.80, 0.85, 0.90)
INPUT, MASK = 1024, 256
MEAN, STD = np.array((123.675, 116.28, 103.53), np.float32), np.array(
    (58.395, 57.12, 57.375), np.float32
)


def content_size(height, width):
    """Of the picture in the network's input: the longer side 1024, the other rounded with halves
    up.
    """
    scale = INPUT / max(height, width)
    return tuple(max(1, int(np.floor(side * scale + 0.5))) for side in (height, width))


def network_input(image):
    """uint8 [H, W, 3] -> float32 [1, 3, 1024, 1024], normalised, 0 below and to the right."""
    height, width = content_size(*image.shape[:2])
    planes = np.zeros((1, 3, INPUT, INPUT), np.float32)
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32)
    planes[0, :, :height, :width] = ((resized - MEAN) / STD).transpose(2, 0, 1)
    return planes


def enlarged(logits, height, width):
    """Low-resolution logits [256, 256] at the picture's size, in one bilinear step."""
    rows, columns = content_size(height, width)
    matrix = np.array(
        [[columns / width * MASK / INPUT, 0, 0], [0, rows / height * MASK / INPUT, 0]]
    )
    matrix[:, 2] = matrix[[0, 1], [0, 1]] * 0.5 - 0.5
    return cv2.warpAffine(
        logits,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def chosen_token(predicted, points):
    """Segment Anything's rule: the first mask for unambiguous prompts, of the others that with the
      highest predicted
    IoU. `points` counts the corners of a box, or the padding that stands for none."""
    rated = predicted.astype(np.float64).copy()
    rated[0] += (points - 2.5) * 1000
    return int(rated.argmax())


class OnnxClicks:
    """The two exported files."""

    def __init__(self, encoder, decoder):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        open_file = lambda path: onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self.encoder, self.decoder = open_file(encoder), open_file(decoder)

    def encode(self, planes):
        return self.encoder.run(None, {self.encoder.get_inputs()[0].name: planes})[0]

    def decode(self, embedding, points, labels, mask, has):
        feeds = {
            "image_embeddings": embedding,
            "point_coords": points,
            "point_labels": labels,
            "mask_input": mask,
            "has_mask_input": np.array([has], np.float32),
            "orig_im_size": np.array([MASK, MASK], np.float32),
        }
        return self.decoder.run(["iou_predictions", "low_res_masks"], feeds)


class TorchClicks:
    """A checkpoint."""

    def __init__(self, checkpoint):
        import torch

        from click_network import DecoderGraph, EncoderGraph, anchors_of, load_click

        self.torch, network = torch, load_click(checkpoint)
        self.encoder, self.decoder = EncoderGraph(network.encoder), DecoderGraph(
            network.decoder, anchors_of(network.encoder.network)
        )

    def encode(self, planes):
        with self.torch.no_grad():
            return self.encoder(self.torch.from_numpy(planes))

    def decode(self, embedding, points, labels, mask, has):
        with self.torch.no_grad():
            given = (
                self.torch.from_numpy(v)
                for v in (points, labels, mask, np.array([has], np.float32))
            )
            return [t.numpy() for t in self.decoder(embedding, *given)]


class Session:
    """Clicks on one picture."""

    def __init__(self, model, image):
        self.model, self.size = model, image.shape[:2]
        began = time.perf_counter()
        self.embedding = model.encode(network_input(image))
        self.encoder_ms, self.decoder_ms = (time.perf_counter() - began) * 1000, []
        content = content_size(*self.size)
        self.scale = np.array([content[1] / self.size[1], content[0] / self.size[0]])

    def ask(self, clicks=(), box=None, earlier=None):
        """clicks: [(x, y, belongs)] and a box in pixels of the picture, low-resolution logits of
          the answer before ->
        boolean mask, logits."""
        points = [(x, y) for x, y, _ in clicks] + (
            [(0, 0)] if box is None else [tuple(box[:2]), tuple(box[2:])]
        )
        labels = [1 if belongs else 0 for _, _, belongs in clicks] + (
            [-1] if box is None else [2, 3]
        )
        mask = np.zeros((1, 1, MASK, MASK), np.float32) if earlier is None else earlier[None, None]
        began = time.perf_counter()
        scores, planes = self.model.decode(
            self.embedding,
            (np.array([points]) * self.scale).astype(np.float32),
            np.array([labels], np.float32),
            mask,
            float(earlier is not None),
        )
        self.decoder_ms.append((time.perf_counter() - began) * 1000)
        logits = planes[0, chosen_token(scores[0], len(points))]
        return enlarged(logits, *self.size) > 0, logits


def answered(session, truth, most=CLICKS):
    """Clicks, each in the middle of the largest error of the answer before, until nothing is left
      to click on: yields the
    clicks so far and the boolean mask that answers them."""
    answer, earlier, clicks = np.zeros_like(truth), None, []
    clicked = np.zeros_like(truth)
    while len(clicks) < most:
        following = (
            (*first_click(truth), True) if not clicks else next_click(truth, answer, clicked)
        )
        if following is None:
            return
        clicks.append(following)
        clicked[int(following[1]), int(following[0])] = True
        answer, earlier = session.ask(clicks, earlier=earlier)
        yield list(clicks), answer


def click_on(session, truth, most=CLICKS):
    """IoU after each click, [most]; where clicking stopped early, the last one goes on."""
    values = []
    for _, answer in answered(session, truth, most):
        values.append(iou(truth, answer))
        if len(values) >= ALWAYS and values[-1] >= THRESHOLDS[-1]:
            break
    return values + values[-1:] * (most - len(values))


def clicks_to(values, threshold):
    """Number of clicks until the IoU reaches the threshold, the greatest number where it does
    not.
    """
    reached = [index for index, value in enumerate(values) if value >= threshold]
    return reached[0] + 1 if reached else len(values)


def truth_of(item, shape):
    truth = np.zeros(shape, bool)
    height, width = item.mask.shape
    truth[item.y : item.y + height, item.x : item.x + width] = item.mask > 0
    return truth


def evaluate_set(model, pictures, most, clicks):
    """-> one row {values, box} per object; the encoder's and the decoder's times."""
    rows, encoder_ms, decoder_ms = [], [], []
    for picture in pictures:
        items = [
            o for o in picture.objects if not o.crowd and np.count_nonzero(o.mask) > LEAST_AREA
        ]
        if not items:
            continue
        session = Session(model, picture.image)
        # Evenly over the photo's objects where there are more than asked for.
        for index in np.unique(
            np.linspace(0, len(items) - 1, min(most, len(items))).round().astype(int)
        ):
            truth = truth_of(items[index], picture.image.shape[:2])
            rows.append(
                {
                    "picture": picture.name,
                    "values": click_on(session, truth, clicks),
                    "box": iou(truth, session.ask(box=box_of(truth))[0]),
                }
            )
        encoder_ms.append(session.encoder_ms)
        decoder_ms += session.decoder_ms
    return rows, encoder_ms, decoder_ms


def summary(rows):
    values = np.array([row["values"] for row in rows])
    figures = {
        f"iou{k}": float(values[:, k - 1].mean())
        for k in (1, 2, 3, 5, 10, 20)
        if k <= values.shape[1]
    }
    figures["iouBox"] = float(np.mean([row["box"] for row in rows]))
    figures.update(
        {
            f"noc{round(t * 100)}": float(np.mean([clicks_to(row["values"], t) for row in rows]))
            for t in THRESHOLDS
        }
    )
    return {"objects": len(rows), **{name: round(value, 4) for name, value in figures.items()}}


def held_out_pictures(data, name):
    folder, listed = SETS[name]
    only = set(json.loads((HERE / listed).read_text())) if listed else None
    return read_set(Path(data) / folder, False, only=only)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", nargs="?")
    parser.add_argument("--encoder")
    parser.add_argument("--decoder")
    parser.add_argument("--data", default=DATA, type=Path)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--photos", type=int, default=10**9, help="of each set, evenly")
    parser.add_argument("--objects", type=int, default=12, help="most of one photo")
    parser.add_argument("--clicks", type=int, default=CLICKS)
    parser.add_argument("--out", help="JSON file for the figures")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    if not options.checkpoint and not (options.encoder and options.decoder):
        parser.error("a checkpoint, or --encoder and --decoder")
    if options.checkpoint:
        import torch

        torch.set_num_threads(1)
    model = (
        TorchClicks(options.checkpoint)
        if options.checkpoint
        else OnnxClicks(options.encoder, options.decoder)
    )
    figures, everything, times = {}, [], ([], [])
    for name in options.sets:
        pictures = held_out_pictures(options.data, name)
        pictures = pictures[:: max(1, -(-len(pictures) // options.photos))]
        rows, *ms = evaluate_set(model, pictures, options.objects, options.clicks)
        everything += rows
        for all_of, more in zip(times, ms):
            all_of.extend(more)
        figures[name] = summary(rows)
        print(name, json.dumps(figures[name]), flush=True)
    figures["all"] = summary(everything)
    figures["ms"] = {
        "encoder": round(float(np.median(times[0])), 1),
        "decoder": round(float(np.median(times[1])), 1),
    }
    print("all", json.dumps(figures["all"]))
    print("ms, one thread, median", json.dumps(figures["ms"]))
    if options.out:
        Path(options.out).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
