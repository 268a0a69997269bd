"""Train a tiny Prithvi on crops that it makes up: `uv run python examples/train_prithvi.py [PICTURE.png]`.

Each image is a field of a few parcels, seen three times in a season through six bands. What grows on a parcel shows in how its
colour changes from one visit to the next, so that no single frame is enough. The model is put together by name: a Prithvi
backbone, two necks, a decoder and a head. It trains for about a minute on a CPU.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from terraregistry import MODEL_FACTORY_REGISTRY

CROPS = ("winter wheat", "maize", "fallow")
COLOURS = torch.tensor([[218, 165, 32], [34, 139, 34], [139, 115, 85]], dtype=torch.uint8)
FRAMES, BANDS, SIZE = 3, 6, 64
# How green each crop is at each visit; the first frame alone cannot tell maize from fallow land.
SEASONS = torch.tensor([[0.8, 0.5, 0.1], [0.1, 0.7, 0.8], [0.1, 0.2, 0.1]])


def make_images(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Make up fields.

    Args:
        count: How many.
        generator: The source of chance.

    Returns:
        The images, `(count, BANDS, FRAMES, SIZE, SIZE)`, and what grows at each pixel, `(count, SIZE, SIZE)`.
    """
    parcels = torch.randint(len(CROPS), (count, SIZE // 16, SIZE // 16), generator=generator)
    truth = parcels.repeat_interleave(16, 1).repeat_interleave(16, 2)
    green = SEASONS[truth].permute(0, 3, 1, 2)
    bands = torch.linspace(-0.5, 1.0, BANDS).view(1, BANDS, 1, 1, 1)
    images = green.unsqueeze(1) * bands + 0.15 * torch.randn(count, BANDS, FRAMES, SIZE, SIZE, generator=generator)
    return images, truth


def make_model() -> nn.Module:
    """Put the model together from parts that are named."""
    factory = MODEL_FACTORY_REGISTRY.build("EncoderDecoderFactory")
    return factory.build_model(
        task="segmentation",
        backbone="prithvi_eo_tiny",
        backbone_kwargs={"num_frames": FRAMES, "img_size": SIZE, "out_indices": [1, 3]},
        necks=[
            {"name": "SelectIndices", "indices": [-1]},
            {"name": "ReshapeTokensToImage", "effective_time_dim": FRAMES},
        ],
        decoder="FCNDecoder",
        decoder_channels=64,
        decoder_num_convs=2,
        num_classes=len(CROPS),
    )


def train(model: nn.Module, steps: int, generator: torch.Generator, console: Console) -> list[float]:
    """Train a model, and return the loss of each step."""
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-4)
    losses: list[float] = []
    for _ in track(range(steps), "training", console=console):
        images, truth = make_images(4, generator)
        loss = nn.functional.cross_entropy(model(images).output, truth)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def draw(images: Tensor, truth: Tensor, prediction: Tensor) -> Image.Image:
    """Draw one field: its three frames, what grows there, and what the model says."""
    low, high = images.min(), images.max()
    frames = [
        ((images[[2, 1, 0], frame] - low) / (high - low) * 255).byte().permute(1, 2, 0) for frame in range(FRAMES)
    ]
    row = torch.cat([*frames, COLOURS[truth], COLOURS[prediction]], dim=1)
    return Image.fromarray(np.asarray(row)).resize((row.shape[1] * 3, row.shape[0] * 3), Image.Resampling.NEAREST)


def main(picture: Path, steps: int = 60) -> tuple[list[float], float]:
    """Train, say how well it went, and draw a field that was not trained on."""
    console = Console()
    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(0)
    model = make_model()
    losses = train(model, steps, generator, console)
    images, truth = make_images(8, generator)
    model.eval()
    with torch.inference_mode():
        prediction = model(images).output.argmax(1)
    accuracy = (prediction == truth).float().mean().item()
    draw(images[0], truth[0], prediction[0]).save(picture)
    console.print(f"loss {losses[0]:.2f} -> {losses[-1]:.2f}, {accuracy:.0%} of the pixels right; see {picture}")
    return losses, accuracy


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "field.png"))
