"""Makes the modules of models/train importable, from wherever the tests are started; where the data
sets are, if they are.
"""

import os
import sys
from pathlib import Path

TRAIN = Path(__file__).resolve().parent.parent
ROOT = TRAIN.parent.parent

if str(TRAIN) not in sys.path:
    sys.path.insert(0, str(TRAIN))

import coco  # noqa: E402

DATA = Path(os.environ.get("MASKLET_DATA", coco.DATA))
