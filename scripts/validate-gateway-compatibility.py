#!/usr/bin/env python3
"""The specification's name of `./ash gateway validate`, with the same options."""

import os
import pathlib
import sys

ash = str(pathlib.Path(__file__).resolve().parent.parent / "ash")
os.execv(ash, [ash, "gateway", "validate", *sys.argv[1:]])
