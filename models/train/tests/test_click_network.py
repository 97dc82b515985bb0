"""The promptable network keeps to Segment Anything's contract, in PyTorch and in the exported
files.
"""

import json
import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch

from tests import paths
from click_network import (
    CELLS,
    CHANNELS,
    SIDE,
    STEEPNESS,
    ClickNetwork,
    DecoderGraph,
    Embedding,
    EncoderGraph,
    Prompt,
    anchors_of,
    ellipses,
    grid,
    monomials,
)
from evaluate_click import OnnxClicks, content_size, enlarged

CONFIG = json.loads((paths.TRAIN / "config" / "masklet_n.json").read_text())["network"]
INPUTS = [
    "image_embeddings",
    "point_coords",
    "point_labels",
    "mask_input",
    "has_mask_input",
    "orig_im_size",
]
OUTPUTS = {"masks": 4, "iou_predictions": 2, "low_res_masks": 4}


def small_network():
    torch.manual_seed(0)
    return ClickNetwork(CONFIG).eval()


def random_prompt(b, p, n, size, generator):
    random = lambda *shape: torch.rand(*shape, generator=generator)
    labels = torch.randint(-1, 4, (b, p, n), generator=generator).float()
    return Prompt(
        random(b, p, n, 2) * size,
        labels,
        random(b, p, size // 2, size // 2) * 8 - 4,
        (random(b, p) > 0.5).float(),
    )


class Network(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        cls.network = small_network()

    @torch.no_grad()
    def test_packed_embedding_is_the_same_after_unpacking(self):
        embedding = self.network.encoder(torch.rand(1, 3, SIDE, SIDE))
        packed = embedding.pack()
        self.assertEqual(tuple(packed.shape), (1, CHANNELS, CELLS, CELLS))
        again = Embedding.unpack(packed, anchors_of(self.network.encoder.network))
        for name in ("rows", "fine", "context"):
            self.assertTrue(torch.equal(getattr(again, name), getattr(embedding, name)), name)

    @torch.no_grad()
    def test_prompts_about_many_pictures_are_answered_as_one_by_one(self):
        generator = torch.Generator().manual_seed(1)
        embedding = self.network.encoder(torch.rand(2, 3, 128, 128, generator=generator))
        prompt = random_prompt(2, 3, 4, 128, generator)
        together = self.network.decoder(embedding, prompt)
        for b, p in np.ndindex(2, 3):
            one = Embedding(
                *(t[b : b + 1] for t in (embedding.rows, embedding.fine, embedding.context))
            )
            alone = Prompt(
                *(
                    t[b : b + 1, p : p + 1]
                    for t in (prompt.points, prompt.labels, prompt.earlier, prompt.has)
                )
            )
            for got, wanted in zip(self.network.decoder(one, alone), together):
                torch.testing.assert_close(got[0, 0], wanted[b, p], rtol=1e-3, atol=2e-3)

    @torch.no_grad()
    def test_padding_points_and_a_mask_that_does_not_count_change_nothing(self):
        generator = torch.Generator().manual_seed(2)
        embedding = self.network.encoder(torch.rand(1, 3, 128, 128, generator=generator))
        prompt = random_prompt(1, 2, 3, 128, generator)
        prompt.has = torch.zeros(1, 2)
        padded = Prompt(
            torch.cat([prompt.points, torch.rand(1, 2, 2, 2) * 128], 2),
            torch.cat([prompt.labels, -torch.ones(1, 2, 2)], 2),
            prompt.earlier * -3,
            prompt.has,
        )
        for got, wanted in zip(
            self.network.decoder(embedding, padded), self.network.decoder(embedding, prompt)
        ):
            torch.testing.assert_close(got, wanted, rtol=1e-3, atol=1e-3)

    def test_ellipses_are_sums_of_monomials(self):
        x, y = grid(torch.zeros(1, 1, 5, 7), 4)
        coefficients = torch.randn(2, 3, 6)
        across, down = (v + 0 * x + 0 * y for v in (x, y))
        wanted = torch.einsum("hwm,bkm->bkhw", monomials(across[0, 0], down[0, 0]), coefficients)
        torch.testing.assert_close(ellipses(coefficients, x, y), wanted, rtol=1e-5, atol=1e-5)

    def test_frozen_network_keeps_its_statistics(self):
        network = small_network().train()
        before = {
            name: value.clone() for name, value in network.encoder.network.state_dict().items()
        }
        embedding = network.encoder(torch.rand(1, 3, 64, 64))
        logits, quality, _ = network.decoder(
            embedding, random_prompt(1, 2, 2, 64, torch.Generator().manual_seed(0))
        )
        (logits.mean() + quality.mean()).backward()
        for name, value in network.encoder.network.state_dict().items():
            self.assertTrue(torch.equal(value, before[name]), name)
        self.assertFalse(any(p.grad is not None for p in network.encoder.network.parameters()))

    def test_network_that_learns_along_gets_gradients_and_keeps_its_statistics(self):
        network = small_network().train()
        before = {name: value.clone() for name, value in network.encoder.network.named_buffers()}
        embedding = network.encoder(torch.rand(1, 3, 64, 64), frozen=False)
        logits, quality, _ = network.decoder(
            embedding, random_prompt(1, 2, 2, 64, torch.Generator().manual_seed(0))
        )
        (logits.mean() + quality.mean()).backward()
        for name, value in network.encoder.network.named_buffers():
            self.assertTrue(torch.equal(value, before[name]), name)
        stem = next(network.encoder.network.trunk.parameters())
        self.assertGreater(float(stem.grad.abs().max()), 0)


class Files(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from export import save
        from export_click import decoder_model, encoder_model

        torch.set_num_threads(1)
        cls.network = small_network()
        cls.folder = tempfile.TemporaryDirectory()
        cls.encoder, cls.decoder = (
            Path(cls.folder.name) / f"{part}.onnx" for part in ("encoder", "decoder")
        )
        encoder_model(cls.network, cls.encoder)
        save(decoder_model(cls.network, cls.decoder), cls.decoder)
        cls.clicks = OnnxClicks(cls.encoder, cls.decoder)
        cls.embedding = cls.clicks.encode(
            np.random.default_rng(0).standard_normal((1, 3, 1024, 1024)).astype(np.float32)
        )

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def feeds(self, points, labels, size, mask=None):
        return {
            "image_embeddings": self.embedding,
            "point_coords": np.array([points], np.float32).reshape(1, -1, 2),
            "point_labels": np.array([labels], np.float32),
            "mask_input": np.zeros((1, 1, 256, 256), np.float32) if mask is None else mask,
            "has_mask_input": np.array([float(mask is not None)], np.float32),
            "orig_im_size": np.array(size, np.float32),
        }

    def test_names_and_ranks_are_those_of_the_contract(self):
        session = self.clicks.decoder
        self.assertEqual([i.name for i in session.get_inputs()], INPUTS)
        self.assertEqual({o.name: len(o.shape) for o in session.get_outputs()}, OUTPUTS)

    def test_any_number_of_points_is_answered_as_in_pytorch(self):
        graph = DecoderGraph(self.network.decoder, anchors_of(self.network.encoder.network))
        rng = np.random.default_rng(1)
        for count in (1, 2, 3, 9):
            points, labels = rng.uniform(0, 1024, (count, 2)), rng.integers(-1, 4, count)
            feeds = self.feeds(
                points, labels, (4, 4), rng.standard_normal((1, 1, 256, 256)).astype(np.float32)
            )
            got = self.clicks.decoder.run(["iou_predictions", "low_res_masks"], feeds)
            with torch.no_grad():
                wanted = graph(*(torch.from_numpy(feeds[name]) for name in INPUTS[:5]))
            for g, w in zip(got, wanted):
                self.assertEqual(g.shape, tuple(w.shape))
                np.testing.assert_allclose(g, w.numpy(), rtol=2e-2, atol=2e-2)

    def test_answers_are_steeper_and_handed_in_as_they_came_out(self):
        decoder = self.network.decoder
        graph = DecoderGraph(decoder, anchors_of(self.network.encoder.network))
        embedding = torch.from_numpy(self.embedding)
        points, labels, mask = (
            torch.tensor([[[300.0, 200.0]]]),
            torch.ones(1, 1),
            torch.randn(1, 1, 256, 256) * STEEPNESS,
        )
        with torch.no_grad():
            _, masks = graph(embedding, points, labels, mask, torch.ones(1))
            unpacked = Embedding.unpack(embedding, graph.anchors)
            logits, _, _ = decoder(
                unpacked,
                Prompt(points[:, None] / 2, labels[:, None], mask / STEEPNESS, torch.ones(1, 1)),
            )
        torch.testing.assert_close(masks[0, 0], logits[0, 0, 0] * STEEPNESS)

    def test_single_clicks_have_a_shift_of_the_predicted_iou_and_boxes_have_not(self):
        graph = DecoderGraph(self.network.decoder, anchors_of(self.network.encoder.network))
        rest = torch.zeros(1, 1, 256, 256), torch.zeros(1)
        ask = lambda points, labels: graph(
            torch.from_numpy(self.embedding), torch.tensor([points]), torch.tensor([labels]), *rest
        )[0][0].logit()
        click, box = ([[300.0, 200.0], [0.0, 0.0]], [1.0, -1.0]), (
            [[100.0, 100.0], [500.0, 400.0]],
            [2.0, 3.0],
        )
        shift = self.network.decoder.single
        with torch.no_grad():
            before = ask(*click), ask(*box)
            shift.copy_(torch.tensor([-0.5, 0.25, 1.0]))
            after = ask(*click), ask(*box)
            shift.zero_()
        torch.testing.assert_close(
            after[0] - before[0], torch.tensor([0.0, 0.25, -0.5, 1.0]), rtol=0, atol=1e-3
        )
        torch.testing.assert_close(after[1], before[1])

    def test_masks_are_the_low_resolution_ones_at_the_picture_size(self):
        for size in ((480, 640), (333, 100), (1, 7), (256, 256)):
            masks, low = self.clicks.decoder.run(
                ["masks", "low_res_masks"], self.feeds([[300, 200], [0, 0]], [1, -1], size)
            )
            self.assertEqual(masks.shape, (1, 4, *size))
            content = content_size(*size)
            grids = [
                np.clip((np.arange(s) + 0.5) * c / s / 4 - 0.5, 0, 255).astype(np.float32)
                for s, c in zip(size, content)
            ]
            wanted = bilinear(low[0, 0], *grids)
            np.testing.assert_allclose(masks[0, 0], wanted, atol=2e-2 + 1e-3 * np.abs(wanted).max())
            self.assertLess(
                np.abs(enlarged(low[0, 0], *size) - wanted).max(), 0.05 * max(1.0, np.ptp(low))
            )

    def test_every_operator_runs_on_webgpu(self):
        import onnx

        from graph import webgpu_fallbacks

        for path in (self.encoder, self.decoder):
            self.assertEqual(webgpu_fallbacks(onnx.load(str(path))), [])


def bilinear(plane, rows, columns):
    """At fractional rows and columns, by the definition."""
    i, j = np.minimum(rows.astype(int), 254), np.minimum(columns.astype(int), 254)
    a, b = (rows - i)[:, None], (columns - j)[None]
    corner = lambda di, dj: plane[np.ix_(i + di, j + dj)]
    return (1 - a) * ((1 - b) * corner(0, 0) + b * corner(0, 1)) + a * (
        (1 - b) * corner(1, 0) + b * corner(1, 1)
    )


if __name__ == "__main__":
    unittest.main()
