"""Images that stand for handwritten digits: 28 x 28 bytes, some smooth strokes on black, from a fixed seed.

Nobody's data. As in MNIST's test images, nearly a fifth of the pixels is not black, edges are shades of grey, and gzip
(level 4, 1024 images at a time) makes 4.6:1 of them, which zlib inflates about as fast: reading, sending and inflating
them costs what it costs with real ones.
"""
import numpy as np

SIDE = 28
PIXELS = SIDE * SIDE
CLASSES = 10
_STROKES, _POINTS = 3, 14
_WIDTH = (1.0, 1.6)  # half the width of a stroke, in pixels
_SOFTNESS = 1.3  # over how many pixels an edge fades


def images(count, seed):
    """([count][784] uint8, [count] uint8): images and labels, which say nothing about the images."""
    random = np.random.default_rng(seed)
    made = np.empty((count, PIXELS), np.uint8)
    for first in range(0, count, 1000):
        made[first:first + 1000] = _draw(random, len(made[first:first + 1000]))
    return made, random.integers(0, CLASSES, count, np.uint8)


def _draw(random, count):
    # Quadratic Bezier curves inside the middle 20 x 20 pixels, as points.
    corners = random.uniform(4.5, SIDE - 5.5, (count, _STROKES, 3, 2)).astype(np.float32)
    t = np.linspace(0, 1, _POINTS, dtype=np.float32)
    weights = np.stack([(1 - t) ** 2, 2 * t * (1 - t), t ** 2])
    points = np.einsum("isck,cp->ispk", corners, weights).reshape(count, -1, 2)
    axis = np.arange(SIDE, dtype=np.float32)
    across, down = (axis - points[..., 0:1]) ** 2, (axis - points[..., 1:2]) ** 2
    squares = np.full((count, SIDE, SIDE), np.inf, np.float32)
    for point in range(points.shape[1]):
        np.minimum(squares, down[:, point, :, None] + across[:, point, None, :], out=squares)
    width = random.uniform(*_WIDTH, (count, 1, 1)).astype(np.float32)
    ink = np.clip((width - np.sqrt(squares)) / _SOFTNESS + 0.5, 0, 1)
    return (255 * ink + 0.5).astype(np.uint8).reshape(count, PIXELS)
