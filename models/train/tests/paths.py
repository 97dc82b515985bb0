"""Makes the modules of models/train importable, from wherever the tests are started; where the data sets are, if they are."""

import os
import sys
from pathlib import Path

TRAIN = Path(__file__).resolve().parent.parent
ROOT = TRAIN.parent.parent
DATA = Path(os.environ.get("MASKLET_DATA", ROOT.parent / "shared" / "data"))

if str(TRAIN) not in sys.path:
    sys.path.insert(0, str(TRAIN))
