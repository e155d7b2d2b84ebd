"""The garbage collector waits until all tests are collected: nothing made by then is garbage, and looking for it takes long."""

import gc

gc.disable()
