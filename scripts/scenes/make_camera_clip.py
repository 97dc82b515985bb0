"""Makes the camera clip for browser tests: a slow pan and zoom over a scene picture.

    python3 scripts/scenes/make_camera_clip.py [--scene tests/data/scenes/scene_desk.jpg]
        [--out tests/data/camera.mjpeg] [--frames 24] [--quality 82]

The clip is a plain sequence of baseline JPEG pictures of 640x480, as Chromium's
`--use-file-for-fake-video-capture` reads it. The last frame leads back to the first, since
Chromium plays the file in a loop. Needs opencv-python-headless and numpy.
"""

import argparse
import math

import cv2
import numpy as np

WIDTH, HEIGHT = 640, 480


def frame(picture, phase):
    """The view at `phase` (radians, periodic): a 4:3 crop around a circling center, resampled
    once.
    """
    height, width = picture.shape[:2]
    largest = min(width / WIDTH, height / HEIGHT)
    step = largest * (0.92 - 0.08 * math.cos(phase))
    free_x, free_y = width - WIDTH * step, height - HEIGHT * step
    x = free_x * (0.5 - 0.45 * math.cos(phase))
    y = free_y * (0.5 + 0.45 * math.sin(phase))
    # Pixel centers: source = (target + 0.5) * step + offset - 0.5.
    matrix = np.array([[step, 0, x + 0.5 * step - 0.5], [0, step, y + 0.5 * step - 0.5]])
    return cv2.warpAffine(
        picture,
        matrix,
        (WIDTH, HEIGHT),
        flags=cv2.INTER_AREA | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scene", default="tests/data/scenes/scene_desk.jpg")
    parser.add_argument("--out", default="tests/data/camera.mjpeg")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--quality", type=int, default=82)
    options = parser.parse_args()
    picture = cv2.imread(options.scene)
    if picture is None:
        raise SystemExit(f"cannot read {options.scene}")
    settings = [
        cv2.IMWRITE_JPEG_QUALITY,
        options.quality,
        cv2.IMWRITE_JPEG_PROGRESSIVE,
        0,
        cv2.IMWRITE_JPEG_OPTIMIZE,
        0,
    ]
    with open(options.out, "wb") as clip:
        for k in range(options.frames):
            view = frame(picture, 2 * math.pi * k / options.frames)
            clip.write(cv2.imencode(".jpg", view, settings)[1].tobytes())


if __name__ == "__main__":
    main()
