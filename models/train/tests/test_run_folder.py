"""Training in several processes: everyone gets the mean of all gradients, the first one alone
writes.
"""

import os
import socket
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import torch

from tests import paths  # noqa: F401
from run_folder import Run, join_others, share_gradients


def one_of_two(rank, port, folder):
    torch.set_num_threads(1)
    os.environ.update(
        RANK=str(rank), WORLD_SIZE="2", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
    )
    met = join_others()
    parameters = [
        torch.nn.Parameter(torch.zeros(2, 3)),
        torch.nn.Parameter(torch.zeros(4)),
        torch.nn.Parameter(torch.zeros(1)),
    ]
    # The last one takes no part in this step.
    (parameters[0].sum() * (1 + 2 * rank) + parameters[1].sum() * 10 * rank).backward()
    share_gradients(parameters, met[1])
    torch.save((met, [p.grad for p in parameters]), Path(folder) / f"{rank}.pt")
    torch.distributed.destroy_process_group()


class Processes(unittest.TestCase):
    def test_two_share_the_mean_of_their_gradients(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(one_of_two, (port, folder), 2)
            for rank in (0, 1):
                met, gradients = torch.load(Path(folder) / f"{rank}.pt")
                self.assertEqual(met, (rank, 2))
                self.assertTrue(torch.equal(gradients[0], torch.full((2, 3), 2.0)))
                self.assertTrue(torch.equal(gradients[1], torch.full((4,), 5.0)))
                self.assertIsNone(gradients[2])

    def test_alone_nothing_is_shared(self):
        with mock.patch.dict(os.environ):
            os.environ.pop("RANK", None)
            self.assertEqual(join_others(), (0, 1))

    def test_only_the_first_writes(self):
        with tempfile.TemporaryDirectory() as folder:
            run = Run()
            run.out, run.rank = Path(folder), 1
            run.log(step=1)
            run.save()
            self.assertEqual(list(Path(folder).iterdir()), [])


if __name__ == "__main__":
    unittest.main()
