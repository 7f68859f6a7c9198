"""Made-up photographs with detail at every scale, and what happens to copies of pictures."""

import io

import numpy as np
from PIL import Image


def photos(n, *, size=32, channels=3, seed=0):
    """Make (n, c, size, size) uint8 pictures: noise whose amplitude falls with frequency, other colors in each."""
    generator = np.random.default_rng(seed)
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None]) * size
    made = np.empty((n, channels, size, size), np.uint8)
    for i in range(n):
        noise = np.fft.rfft2(generator.standard_normal((channels, size, size)))
        # channels share most of their structure, as in photographs
        noise = noise[:1] + 0.4 * noise
        waves = np.fft.irfft2(noise / np.maximum(frequency, 1), s=(size, size))
        waves = (waves - waves.mean()) / waves.std()
        made[i] = np.clip(waves * 45 + generator.uniform(100, 150, (channels, 1, 1)), 0, 255)
    return made


def to_image(pixels):
    """Make a Pillow image of (c, h, w) uint8."""
    return Image.fromarray(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))


def to_pixels(image):
    """Make (c, h, w) uint8 of a Pillow image."""
    array = np.asarray(image)
    return array[None] if array.ndim == 2 else array.transpose(2, 0, 1)


def reencoded(pixels, quality=75):
    """Save as JPEG and read back."""
    data = io.BytesIO()
    to_image(pixels).save(data, "JPEG", quality=quality)
    return to_pixels(Image.open(data))


def resized(pixels, factor=0.85):
    """Make smaller, and as big as before."""
    image = to_image(pixels)
    small = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)
    return to_pixels(small.resize(image.size, Image.Resampling.BICUBIC))


def mirrored(pixels):
    """Swap left and right."""
    return pixels[:, :, ::-1].copy()


def brightened(pixels, gain=1.12, shift=6):
    """Change contrast and brightness."""
    return np.clip(pixels * gain + shift, 0, 255).astype(np.uint8)
