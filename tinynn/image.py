"""`tf.image`: images, of shape (height, width, channels) or (batch, height, width, channels)."""

from tinynn.core.namespace import namespace as _namespace
from tinynn.ops.augment import (
    random_brightness,
    random_contrast,
    random_crop,
    random_flip_left_right,
    random_flip_up_down,
    random_hue,
    random_saturation,
    stateless_random_brightness,
    stateless_random_contrast,
    stateless_random_crop,
    stateless_random_flip_left_right,
    stateless_random_flip_up_down,
    stateless_random_hue,
    stateless_random_saturation,
)
from tinynn.ops.boxes import crop_and_resize, non_max_suppression, non_max_suppression_with_scores
from tinynn.ops.codecs import (
    decode_bmp,
    decode_gif,
    decode_image,
    decode_jpeg,
    decode_png,
    encode_jpeg,
    encode_png,
    extract_jpeg_shape,
    is_jpeg,
)
from tinynn.ops.colours import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    convert_image_dtype,
    grayscale_to_rgb,
    hsv_to_rgb,
    image_gradients,
    per_image_standardization,
    psnr,
    rgb_to_grayscale,
    rgb_to_hsv,
    rgb_to_yuv,
    sobel_edges,
    ssim,
    total_variation,
    yuv_to_rgb,
)
from tinynn.ops.images import (
    ResizeMethod,
    central_crop,
    crop_to_bounding_box,
    extract_patches,
    flip_left_right,
    flip_up_down,
    pad_to_bounding_box,
    resize,
    resize_with_crop_or_pad,
    resize_with_pad,
    rot90,
    transpose,
)

__getattr__, __dir__ = _namespace(__name__)
