"""The few fast kernels; each hands back deeptime objects and is tested against deeptime."""
