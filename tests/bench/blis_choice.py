"""Prints the number of the kernels that BLIS chooses on this CPU, where BLIS is NumPy's BLAS; else nothing."""
import ctypes
import os

from python_peer import loaded_blas  # loads NumPy, and with it a BLAS

for path in loaded_blas():
    # As a BLAS it keeps its own functions to itself; the library that offers them lies beside.
    beside = os.path.join(os.path.dirname(path), "libblis.so.4")
    if os.path.exists(beside):
        print(ctypes.CDLL(beside).bli_arch_query_id())
        break
