"""`tf.signal`: Fourier and cosine transforms, and signals in frames."""

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.fourier import (
    dct,
    fft,
    fft2d,
    fft3d,
    fftshift,
    idct,
    ifft,
    ifft2d,
    ifft3d,
    ifftshift,
    irfft,
    irfft2d,
    rfft,
    rfft2d,
)
from tinynn.ops.frames import (
    frame,
    hamming_window,
    hann_window,
    inverse_stft,
    inverse_stft_window_fn,
    kaiser_window,
    linear_to_mel_weight_matrix,
    mfccs_from_log_mel_spectrograms,
    overlap_and_add,
    stft,
    vorbis_window,
)

__getattr__, __dir__ = _namespace(__name__)
