"""The experiments of the paper on attentional factorization machines, run with `afmctl fit`."""
