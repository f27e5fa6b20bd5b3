#!/usr/bin/env python3
"""The specification's name of `./ash gateway test-rate-limit`, with the same options."""

import os
import pathlib
import sys

ash = str(pathlib.Path(__file__).resolve().parent.parent / "ash")
os.execv(ash, [ash, "gateway", "test-rate-limit", *sys.argv[1:]])
