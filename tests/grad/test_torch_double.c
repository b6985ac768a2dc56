/* The comparison with PyTorch once more, with the engine in double. */
#include "nn/test_torch.c"
