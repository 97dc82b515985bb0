#!/usr/bin/env python3
"""Makes tests/golden/image: encoded pictures with their pixels as Pillow decodes them, and resized
pictures and network inputs as OpenCV makes them. Run once; the results are committed.

    python3 -m venv venv && venv/bin/pip install numpy opencv-python-headless pillow
    venv/bin/python tests/golden/make_image_goldens.py

Raw files are little-endian: NAME.rgba = u32 width, u32 height, then RGBA bytes; NAME.f32 = u32
width, u32 height, then three planes of float32.
"""

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps

OUT = Path(__file__).parent / "image"


def write_rgba(name: str, pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    (OUT / f"{name}.rgba").write_bytes(
        struct.pack("<II", width, height) + pixels.astype(np.uint8).tobytes()
    )


def write_planes(name: str, planes: np.ndarray) -> None:
    _, height, width = planes.shape
    (OUT / f"{name}.f32").write_bytes(
        struct.pack("<II", width, height) + planes.astype("<f4").tobytes()
    )


def scene(width: int, height: int, seed: int, noise: float = 0) -> np.ndarray:
    """Smooth, asymmetric RGBA with, optionally, noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    u, v = x / max(width - 1, 1), y / max(height - 1, 1)
    channels = [
        255 * u,
        255 * v,
        255 * (1 - u) * v + 40 * np.sin(6 * u),
        255 * (0.2 + 0.8 * u * (1 - v)),
    ]
    picture = np.stack(channels, axis=2) + rng.normal(0, 1, (height, width, 4)) * noise
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def decoded(file: bytes) -> np.ndarray:
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(file)))
    return np.asarray(picture.convert("RGBA"))


def save(name: str, picture: Image.Image, expected: np.ndarray | None = None, **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(
        buffer,
        format={"jpg": "JPEG", "png": "PNG", "bmp": "BMP"}[name.rsplit(".", 1)[1]],
        **options,
    )
    file = buffer.getvalue()
    (OUT / name).write_bytes(file)
    write_rgba(name, decoded(file) if expected is None else expected)
    return file


def tiff_orientation(orientation: int, big_endian: bool) -> bytes:
    """A TIFF block with a directory of two entries: ImageWidth, then Orientation."""
    order = ">" if big_endian else "<"
    head = (b"MM" if big_endian else b"II") + struct.pack(order + "HI", 42, 8)
    width = struct.pack(order + "HHII", 0x0100, 4, 1, 20)
    entry = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    return head + struct.pack(order + "H", 2) + width + entry + struct.pack(order + "I", 0)


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def interlaced_png(pixels: np.ndarray) -> bytes:
    """Adam7, RGBA, filter 0; neither Pillow nor OpenCV writes it."""
    height, width = pixels.shape[:2]
    raw = b""
    for x0, y0, dx, dy in [
        (0, 0, 8, 8),
        (4, 0, 8, 8),
        (0, 4, 4, 8),
        (2, 0, 4, 4),
        (0, 2, 2, 4),
        (1, 0, 2, 2),
        (0, 1, 1, 2),
    ]:
        part = pixels[y0::dy, x0::dx]
        if part.size:
            raw += b"".join(b"\0" + row.tobytes() for row in part)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 1)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", zlib.compress(raw))
        + png_chunk(b"IEND", b"")
    )


def make_encoded() -> None:
    rgba = scene(23, 17, 1)
    picture = Image.fromarray(rgba)
    rgb = picture.convert("RGB")
    save("444.jpg", rgb, quality=97, subsampling=0)
    save("420.jpg", rgb, quality=97, subsampling=2)
    save("progressive.jpg", rgb, quality=97, subsampling=0, progressive=True)
    save("restart.jpg", rgb, quality=97, subsampling=0, restart_marker_blocks=1)
    save("grey.jpg", rgb.convert("L"), quality=97)
    save("cmyk.jpg", rgb.convert("CMYK"), quality=97, subsampling=0)
    save("rgb.png", rgb)
    save("rgba.png", picture)
    save("grey.png", rgb.convert("L"))
    save("grey_alpha.png", picture.convert("LA"))
    save("bits1.png", rgb.convert("1"))
    palette = rgb.quantize(colors=12)
    save("palette.png", palette)
    save("palette_alpha.png", palette, transparency=3)
    sixteen = (rgba[..., [2, 1, 0, 3]].astype(np.uint16) << 8) | 0x5A
    (OUT / "rgba16.png").write_bytes(cv2.imencode(".png", sixteen)[1].tobytes())
    write_rgba("rgba16.png", rgba)
    (OUT / "interlaced.png").write_bytes(interlaced_png(rgba))
    write_rgba("interlaced.png", decoded((OUT / "interlaced.png").read_bytes()))
    save("rgb.bmp", rgb)
    save("palette.bmp", palette)
    save("grey.bmp", rgb.convert("L"))


def make_inks() -> None:
    """Four components with and without Adobe's marker, whose last byte says CMYK (0) or YCCK."""
    rgb = Image.fromarray(scene(23, 17, 1)).convert("RGB")
    buffer = io.BytesIO()
    rgb.convert("CMYK").save(buffer, format="JPEG", quality=97, subsampling=0)
    cmyk = buffer.getvalue()
    at = cmyk.index(b"\xff\xee\0\x0eAdobe")
    buffer = io.BytesIO()
    rgb.convert("CMYK").save(buffer, format="JPEG", quality=97, subsampling=0, progressive=True)
    progressive = buffer.getvalue()
    files = {
        "cmyk_bare": cmyk[:at] + cmyk[at + 16 :],
        "cmyk_bare_progressive": progressive[:at] + progressive[at + 16 :],
        "ycck": cmyk[: at + 15] + b"\2" + cmyk[at + 16 :],
        "ycck_transform1": cmyk[: at + 15] + b"\1" + cmyk[at + 16 :],
    }
    for name, file in files.items():
        (OUT / f"{name}.jpg").write_bytes(file)
        write_rgba(f"{name}.jpg", decoded(file))


def make_oriented() -> None:
    rgb = Image.fromarray(scene(19, 11, 2)).convert("RGB")
    for orientation in range(1, 9):
        exif = b"Exif\0\0" + tiff_orientation(orientation, big_endian=orientation % 2 == 0)
        save(f"orientation{orientation}.jpg", rgb, quality=97, subsampling=0, exif=exif)
    save("orientation6.png", rgb, exif=tiff_orientation(6, big_endian=True))


def make_resized() -> None:
    source = scene(61, 47, 3, noise=40)
    write_rgba("resize_source", source)
    for width, height in [(30, 23), (17, 9)]:
        fixed_point = cv2.resize(source, (width, height), interpolation=cv2.INTER_LINEAR)
        write_rgba(f"resize8_bilinear_{width}x{height}", fixed_point)


def letterboxed(
    source: np.ndarray, net: tuple[int, int], mean, std, fill: float, bgr: bool
) -> np.ndarray:
    """The letterbox of Ultralytics (round, then round(pad / 2 - 0.1)) with OpenCV's float32
    bilinear resize.
    """
    height, width = source.shape[:2]
    ratio = min(net[0] / width, net[1] / height)
    new_width, new_height = round(width * ratio), round(height * ratio)
    resized = cv2.resize(
        source[..., :3].astype(np.float32), (new_width, new_height), interpolation=cv2.INTER_LINEAR
    )
    left, top = round((net[0] - new_width) / 2 - 0.1), round((net[1] - new_height) / 2 - 0.1)
    padded = np.full((net[1], net[0], 3), fill, np.float64)
    padded[top : top + new_height, left : left + new_width] = resized
    if bgr:
        padded = padded[..., ::-1]
    return ((padded / 255 - mean) / std).transpose(2, 0, 1)


def make_tensors() -> None:
    none = (np.zeros(3), np.ones(3))
    imagenet = (np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225]))
    source = scene(61, 47, 3, noise=40)
    write_planes("tensor_down", letterboxed(source, (32, 32), *none, 114, False))
    write_planes("tensor_up", letterboxed(source, (80, 96), *none, 114, False))
    write_planes("tensor_imagenet_bgr", letterboxed(source, (40, 24), *imagenet, 0, True))


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for stale in OUT.iterdir():
        stale.unlink()
    make_encoded()
    make_inks()
    make_oriented()
    make_resized()
    make_tensors()
    print(
        f"{sum(f.stat().st_size for f in OUT.iterdir())} bytes in {len(list(OUT.iterdir()))} files"
    )
