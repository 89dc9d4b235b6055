"""What every test runs under."""

import os

from hypothesis import settings

# Pictures are drawn without a screen; set before anything imports matplotlib.
os.environ["MPLBACKEND"] = "Agg"

# The same examples on every run, and no deadline: the first one may compile a kernel.
settings.register_profile("besiege", deadline=None, derandomize=True)
settings.load_profile("besiege")
